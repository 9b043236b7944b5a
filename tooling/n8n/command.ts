/** Runs other programs to their end. */
import execa from 'execa';

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

/** Runs a program and gathers what it prints. Does not throw: a failure shows in the outcome. */
export async function run(
	program: string,
	args: readonly string[],
	{ cwd, env, limitMs }: CommandOptions,
): Promise<Outcome> {
	const options = { cwd, env, timeout: limitMs, all: true, stdin: 'ignore' } as const;
	const result = await execa(program, args, { ...options, reject: false });
	const { failed, stdout, all, message } = result as typeof result & { message?: string };
	return { hasFailed: failed, stdout, output: all || (message ?? '') };
}
