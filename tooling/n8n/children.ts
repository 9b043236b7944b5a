/** Programs that run beside this one. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { UserError } from './failure';

export interface ChildOptions {
	cwd: string;
	/** All of its environment. */
	env: NodeJS.ProcessEnv;
	/** What it prints goes there. */
	logFile: string;
	/** Whether it leads a process group of its own, which Ctrl-C does not reach; default false. */
	detached?: boolean;
}

export interface Child {
	pid: number;
	/** Settles when the process has ended, with its exit code (undefined: ended by a signal). */
	ended: Promise<number | undefined>;
	/** Sends a signal to it; silent when it is gone. */
	signal(name: NodeJS.Signals): void;
}

/** Sends a signal to a process that leads a group, and to all it started; silent when they are gone. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
	try {
		// Windows has no groups.
		process.kill(process.platform === 'win32' ? pid : -pid, signal);
	} catch {
		// already gone
	}
}

/** Starts a program, which ends with this process at the latest. Throws UserError where it cannot be started. */
export function startChild(program: string, args: string[], options: ChildOptions): Child {
	const { cwd, env, logFile, detached = false } = options;
	const log = openSync(logFile, 'w');
	const child = spawn(program, args, { cwd, env, detached, stdio: ['ignore', log, log] });
	closeSync(log);
	const { pid } = child;
	if (pid === undefined) {
		// The reason comes as an event, which would otherwise end this process.
		child.once('error', () => {});
		throw new UserError(`${program} could not be started.`);
	}
	const kill = () => (detached ? signalGroup(pid, 'SIGKILL') : child.kill('SIGKILL'));
	process.once('exit', kill);
	const ended = new Promise<number | undefined>((settle) => {
		child.once('exit', (code) => {
			process.off('exit', kill);
			settle(code ?? undefined);
		});
	});
	return { pid, ended, signal: (name) => child.kill(name) };
}
