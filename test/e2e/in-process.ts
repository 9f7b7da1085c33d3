import { Writable } from 'node:stream';
import { runProgram } from '../../cli/program.ts';
import type { Output } from '../../cli/terminal.ts';

export type Answer = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };
type Surroundings = {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether both streams say that a person looks. */
  readonly isTTY?: boolean;
};

/** A `mesh` command without a process of its own: everything but signals and the launcher script is the same, and it starts at once. */
export async function inProcess(
  args: readonly string[],
  { cwd, env = {}, isTTY = false }: Surroundings,
): Promise<Answer> {
  const [stdout, stderr] = [sink(isTTY), sink(isTTY)];
  const exitCode = await runProgram(args, {
    env,
    cwd,
    stdout: stdout.stream,
    stderr: stderr.stream,
    onSignal: () => undefined,
    exit: (code) => {
      throw new Error(`asked to exit with ${code}`);
    },
  });
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
}

function sink(isTTY: boolean): { readonly stream: Output; readonly text: () => string } {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY }), text: () => text };
}
