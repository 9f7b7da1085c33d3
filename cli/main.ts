import { runProgram } from './program.ts';

// The only place that touches the process: everything below gets what it needs handed in.
process.exitCode = await runProgram(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  onSignal: (signal, listener) => void process.on(signal, listener),
});
