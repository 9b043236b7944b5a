/** The simulator as the benchmark sees it: another process. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Settings } from '../simulator';

/** With settings: starts afresh with them. Always answered. */
export interface Command {
	settings?: Partial<Settings>;
	/** Settings that are changed without a fresh start. */
	changes?: Partial<Settings>;
}

/** Where the simulator is and what it has seen since it was configured. */
export interface Answer {
	url: string;
	token: string;
	channels: string[];
	/** POST calls to the API. */
	calls: number;
	/** Those of them that were answered 429. */
	busy: number;
	/** Jobs that ended well. */
	completed: number;
}

const limitMs = 20_000;

export class SimulatorProcess {
	private constructor(private readonly child: ChildProcess) {}

	static async start(): Promise<SimulatorProcess> {
		const child = fork(join(__dirname, 'simulator-process.ts'), { execArgv: ['--import', 'tsx'] });
		await once(child, 'spawn');
		return new SimulatorProcess(child);
	}

	/** Starts afresh, on the same port. The settings must survive JSON. */
	async configure(settings: Partial<Settings>): Promise<Answer> {
		return await this.ask({ settings });
	}

	/** Changes settings that the simulator heeds while it runs. */
	async adjust(changes: Partial<Settings>): Promise<Answer> {
		return await this.ask({ changes });
	}

	async seen(): Promise<Answer> {
		return await this.ask({});
	}

	/** Ends the process. */
	stop(): void {
		this.child.kill();
	}

	private async ask(command: Command): Promise<Answer> {
		const signal = AbortSignal.timeout(limitMs);
		const answered = once(this.child, 'message', { signal });
		this.child.send(command);
		const [answer] = (await answered) as [Answer];
		return answer;
	}
}
