import { runProgram } from './program.ts';

// Whoever reads may stop reading (`mesh render | head -1`): what is written then goes nowhere, and the exit code still tells.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

// The only place that touches the process: everything below gets what it needs handed in.
process.exitCode = await runProgram(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  onSignal: (signal, listener) => void process.on(signal, listener),
  exit: (exitCode) => process.exit(exitCode),
});
