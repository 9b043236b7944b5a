/** Runs other programs to their end. */
import { spawn } from 'node:child_process';
import { atExit } from './leftovers';

export interface Outcome {
	/** Exit code; null when the program was ended by a signal or could not be started. */
	code: number | null;
	stdout: string;
	/** Both streams as they came. */
	output: string;
}

export interface CommandOptions {
	cwd: string;
	env?: NodeJS.ProcessEnv;
	/** After this time the program is ended, in milliseconds. */
	limitMs: number;
}

/** Runs a program and gathers what it prints. Does not throw: a failure shows in the outcome. */
export async function run(
	program: string,
	args: readonly string[],
	{ cwd, env, limitMs }: CommandOptions,
): Promise<Outcome> {
	return await new Promise((settle) => {
		const child = spawn(program, args, {
			cwd,
			env: env ?? process.env,
			stdio: ['ignore', 'pipe', 'pipe'],
			// On Windows npm is a script, which only a shell starts.
			shell: process.platform === 'win32' && program === 'npm',
			timeout: limitMs,
		});
		const forget = atExit(() => child.kill());
		let stdout = '';
		let output = '';
		child.stdout.on('data', (chunk: Buffer) => {
			stdout += chunk.toString();
			output += chunk.toString();
		});
		child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
		child.on('error', (error) => (output += error.message));
		child.on('close', (code) => {
			forget();
			settle({ code, stdout, output });
		});
	});
}
