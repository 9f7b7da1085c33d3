import { buildBoardApp } from './build-board-app.ts';

await buildBoardApp();
