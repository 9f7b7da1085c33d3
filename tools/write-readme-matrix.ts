// Writes the picture of the matrix in README.md from the report of a real run, so that it never shows what nobody saw.
//
//   ./mesh verify --report report && node tools/write-readme-matrix.ts report/report.json
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { MatrixResult } from '../conformance/report/matrix-result.ts';
import { matrixText } from '../conformance/report/matrix-text.ts';

const [report] = process.argv.slice(2);
if (report === undefined) throw new Error('which report? node tools/write-readme-matrix.ts report/report.json');
const result = JSON.parse(readFileSync(report, 'utf8')) as MatrixResult;
const readme = join(resolve(import.meta.dirname, '..'), 'README.md');
const picture = `<!-- matrix:begin -->\n\`\`\`text\n${matrixText(result, false)}\`\`\`\n<!-- matrix:end -->`;
const text = readFileSync(readme, 'utf8').replace(/<!-- matrix:begin -->[\s\S]*<!-- matrix:end -->/, () => picture);
writeFileSync(readme, text);
