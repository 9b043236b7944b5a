/** Runs other programs to their end. */
import { spawn } from 'node:child_process';
import { UserError } from './failure';

export interface Outcome {
	hasFailed: boolean;
	stdout: string;
	/** Both streams in the order in which they came, or why the program could not be run. */
	output: string;
}

export interface CommandOptions {
	cwd: string;
	/** Added to this process's environment. */
	env?: NodeJS.ProcessEnv;
	/** After this time the program is ended, in milliseconds. */
	limitMs: number;
}

/** On Windows npm is a script, which only a shell starts. */
const viaShell = (program: string, args: readonly string[]): [string, string[]] =>
	process.platform === 'win32' && program === 'npm'
		? [[program, ...args.map((arg) => `"${arg}"`)].join(' '), []]
		: [program, [...args]];

/** Runs a program and gathers what it prints. Does not throw: a failure shows in the outcome. */
export async function run(
	program: string,
	args: readonly string[],
	{ cwd, env, limitMs }: CommandOptions,
): Promise<Outcome> {
	const [command, rest] = viaShell(program, args);
	const child = spawn(command, rest, {
		cwd,
		env: { ...process.env, ...env },
		shell: command !== program,
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let stdout = '';
	let output = '';
	child.stdout.setEncoding('utf8').on('data', (text: string) => {
		stdout += text;
		output += text;
	});
	child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
	// Node's own time limit goes on after a program that could not be started.
	const limit = setTimeout(() => child.kill(), limitMs);
	return await new Promise<Outcome>((settle) => {
		const fail = (reason: string) => settle({ hasFailed: true, stdout, output: output || reason });
		child.once('error', ({ message }) => fail(message));
		child.once('close', (code, signal) => {
			if (code === 0) settle({ hasFailed: false, stdout, output });
			else fail(`${program} ended with ${signal ?? code}`);
		});
	}).finally(() => clearTimeout(limit));
}

/** Runs a program and gives what it printed. Throws UserError where it fails. */
export async function outputOf(
	program: string,
	args: readonly string[],
	options: CommandOptions,
): Promise<string> {
	const { hasFailed, stdout, output } = await run(program, args, options);
	if (hasFailed) throw new UserError(`${program} failed:\n${output}`);
	return stdout;
}
