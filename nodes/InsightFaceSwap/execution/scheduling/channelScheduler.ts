import { Pace } from './throughput';

/** What became of a task that a lane took. */
export type Verdict =
	/** It is out of the lane's hands, and the lane is free for the next. */
	| { next: 'free' }
	/** It goes back, to be taken by any lane that may; this lane rests. */
	| { next: 'rest'; ms: number }
	/** It is out of the lane's hands, and the lane takes no more of the shared ones. */
	| { next: 'last' }
	/** It goes back, and this lane takes no more. */
	| { next: 'close' };

export interface LaneTask {
	/** The lane that must take it; any lane of the shared ones where it names none. */
	channel?: string;
}

export interface LaneWork<T> {
	/** The lanes that take tasks without a channel; `undefined` is a lane that leaves the choice to the API. */
	shared: Array<string | undefined>;
	/** Serves one task; throws nothing. */
	serve: (task: T, channel: string | undefined) => Promise<Verdict>;
	rest: (ms: number) => Promise<void>;
	/** Whether to take no more tasks. */
	halted: () => boolean;
}

interface Lane<T> {
	channel: string | undefined;
	own: T[];
	takesShared: boolean;
	pace: Pace;
	/** Settles when a lane that has left tasks to the others looks at them again. */
	look?: Promise<void>;
}

/**
 * Serves tasks in lanes: one at a time within a lane, lanes side by side. A lane takes the tasks
 * that name it first, then shared ones in their order, but none that the others will have served
 * before it could.
 * @returns the tasks that no lane was left to serve, and those not begun when halted
 */
export async function runLanes<T extends LaneTask>(tasks: T[], work: LaneWork<T>): Promise<T[]> {
	const board = new Board(tasks, work);
	await Promise.all(board.lanes.map(async (lane) => await runLane(board, lane, work)));
	return board.left();
}

async function runLane<T extends LaneTask>(
	board: Board<T>,
	lane: Lane<T>,
	work: LaneWork<T>,
): Promise<void> {
	for (let task = await board.next(lane); task; task = await board.next(lane)) {
		lane.pace.begin();
		const verdict = await work.serve(task, lane.channel);
		const isServed = verdict.next === 'free' || verdict.next === 'last';
		lane.pace.end(isServed ? 1 : 0);
		if (isServed) board.settle(1);
		else board.putBack(lane, task);
		if (verdict.next === 'last') board.stopSharing(lane);
		if (verdict.next === 'rest') await rest(lane, verdict.ms, work);
		if (verdict.next === 'close') return board.close(lane);
	}
}

async function rest<T>({ pace }: Lane<T>, ms: number, work: LaneWork<T>): Promise<void> {
	pace.begin(ms);
	await work.rest(ms);
	pace.end(0);
}

/** The tasks that wait, and the lanes that wait for tasks. */
class Board<T extends LaneTask> {
	readonly lanes: Array<Lane<T>>;

	private readonly open: Set<Lane<T>>;

	private readonly shared: T[];

	private readonly orphans: T[] = [];

	/** Tasks that wait for an open lane, or that a lane has in hand. */
	private unsettled: number;

	private idle: Array<() => void> = [];

	constructor(
		tasks: T[],
		private readonly work: LaneWork<T>,
	) {
		this.shared = tasks.filter(({ channel }) => !channel);
		this.unsettled = tasks.length;
		this.lanes = lanesFor(tasks, this.shared.length > 0 ? work.shared : []);
		this.open = new Set(this.lanes);
	}

	/** The next task for a lane, which waits while others may still give theirs back. */
	async next(lane: Lane<T>): Promise<T | undefined> {
		while (this.unsettled > 0 && !this.work.halted()) {
			const task = lane.own.shift() ?? (this.sharesWith(lane) ? this.shared.shift() : undefined);
			if (task) return task;
			await new Promise<void>((resolve) => this.idle.push(resolve));
		}
		this.wake();
		return undefined;
	}

	/** Whether a lane may take a shared task now; one that had better not looks again later. */
	private sharesWith(lane: Lane<T>): boolean {
		const { mean } = lane.pace;
		if (!lane.takesShared || this.shared.length === 0) return false;
		if (mean === undefined || this.servedByOthers(lane, mean) < this.shared.length) return true;
		lane.look ??= this.work.rest(mean).then(() => {
			lane.look = undefined;
			this.wake();
		});
		return false;
	}

	/** How many shared tasks the other lanes will have served in less than `ms` from now. */
	private servedByOthers(lane: Lane<T>, ms: number): number {
		return [...this.open]
			.filter((other) => other !== lane && other.takesShared)
			.reduce((sum, { pace, own }) => sum + pace.within(ms, own.length), 0);
	}

	putBack(lane: Lane<T>, task: T): void {
		(task.channel ? lane.own : this.shared).unshift(task);
		this.wake();
	}

	settle(count: number): void {
		this.unsettled -= count;
		this.wake();
	}

	/** Takes a lane out of service; what only it could have served is left over. */
	close(lane: Lane<T>): void {
		this.open.delete(lane);
		this.abandon(lane.own);
		this.stopSharing(lane);
	}

	/** Gives a lane none of the shared tasks any more; they are left over when no other takes them. */
	stopSharing(lane: Lane<T>): void {
		lane.takesShared = false;
		if (![...this.open].some(({ takesShared }) => takesShared)) this.abandon(this.shared);
	}

	private abandon(tasks: T[]): void {
		const orphans = tasks.splice(0);
		this.orphans.push(...orphans);
		this.settle(orphans.length);
	}

	/** What was not served. */
	left(): T[] {
		return [...this.orphans, ...this.shared, ...this.lanes.flatMap(({ own }) => own)];
	}

	private wake(): void {
		for (const resume of this.idle.splice(0)) resume();
	}
}

function lanesFor<T extends LaneTask>(
	tasks: T[],
	shared: Array<string | undefined>,
): Array<Lane<T>> {
	const named = tasks.flatMap(({ channel }) => channel ?? []);
	return [...new Set([...named, ...shared])].map((channel) => ({
		channel,
		own: tasks.filter((task) => task.channel !== undefined && task.channel === channel),
		takesShared: shared.includes(channel),
		pace: new Pace(),
	}));
}
