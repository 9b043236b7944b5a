import { Pace } from './throughput';
import type { Turn } from './turns';

/** What became of a task that a lane took. */
export type Verdict =
	/** It is out of the lane's hands, and the lane is free for the next. */
	| { next: 'free' }
	/**
	 * It goes back, to be taken by any lane that may; this lane rests. Where the API has said that the
	 * channel is `busy`, it is the channel that rests, which the giver of turns sees to.
	 */
	| { next: 'rest'; ms: number; busy?: true }
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
	/** Waits for the turn to use a channel; gives nothing when `withdrawn` or the halt ends the wait. */
	turn: (channel: string | undefined, withdrawn: AbortSignal) => Promise<Turn | undefined>;
	/** Whether to take no more tasks. */
	halted: () => boolean;
}

interface Lane<T> {
	channel: string | undefined;
	own: T[];
	takesShared: boolean;
	pace: Pace;
	/** Ends its wait for a turn. */
	waiting?: AbortController;
	/** How long its channel is said to be busy, in milliseconds. */
	busyMs: number;
	/** Settles when a lane that has left tasks to the others looks at them again. */
	look?: Promise<void>;
}

/**
 * Serves tasks in lanes: one at a time within a lane, lanes side by side. A lane waits for the turn on
 * its channel before it takes a task. It takes the tasks that name it first, then shared ones in their
 * order, but none that the others will have served before it could.
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
	for (let taken = await board.next(lane); taken; taken = await board.next(lane)) {
		const { task, turn } = taken;
		const verdict = await work.serve(task, lane.channel);
		turn.end();
		const isServed = verdict.next === 'free' || verdict.next === 'last';
		lane.pace.end(isServed ? 1 : 0);
		if (isServed) board.settle(1);
		else board.putBack(lane, task);
		if (verdict.next === 'last') board.stopSharing(lane);
		if (verdict.next === 'rest') await rest(lane, verdict, work);
		if (verdict.next === 'close') return board.close(lane);
	}
}

async function rest<T>(
	lane: Lane<T>,
	{ ms, busy }: Extract<Verdict, { next: 'rest' }>,
	work: LaneWork<T>,
): Promise<void> {
	const { pace, channel } = lane;
	if (busy && channel) {
		lane.busyMs = ms;
		return;
	}
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

	/** The next task for a lane, and its turn; it waits while others may still give theirs back. */
	async next(lane: Lane<T>): Promise<{ task: T; turn: Turn } | undefined> {
		while (this.unsettled > 0 && !this.work.halted()) {
			if (!this.mayTake(lane)) {
				await new Promise<void>((resolve) => this.idle.push(resolve));
				continue;
			}
			const turn = await this.turn(lane);
			const task = turn && !this.work.halted() ? this.take(lane) : undefined;
			if (turn && task) return { task, turn };
			turn?.end();
			lane.pace.cancel();
		}
		this.wake();
		return undefined;
	}

	/** What the lane waits for its turn counts as time that it needs for a task. */
	private async turn(lane: Lane<T>): Promise<Turn | undefined> {
		lane.waiting = new AbortController();
		lane.pace.begin((lane.pace.mean ?? 0) + lane.busyMs);
		lane.busyMs = 0;
		const turn = await this.work.turn(lane.channel, lane.waiting.signal);
		lane.waiting = undefined;
		return turn;
	}

	private mayTake(lane: Lane<T>): boolean {
		return lane.own.length > 0 || this.sharesWith(lane);
	}

	private take(lane: Lane<T>): T | undefined {
		return lane.own.shift() ?? (this.sharesWith(lane) ? this.shared.shift() : undefined);
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

	/** Lanes that wait for tasks look again; those that wait for a turn they cannot use stop waiting. */
	private wake(): void {
		for (const resume of this.idle.splice(0)) resume();
		for (const lane of this.lanes) {
			if (lane.waiting && !this.mayTake(lane)) lane.waiting.abort();
		}
	}
}

function lanesFor<T extends LaneTask>(
	tasks: T[],
	shared: Array<string | undefined>,
): Array<Lane<T>> {
	const named = [...tasks.map(({ channel }) => channel), ...shared].filter(Boolean);
	const unnamed = shared.filter((channel) => !channel);
	return [...new Set(named), ...unnamed].map((channel) => ({
		channel,
		own: tasks.filter((task) => task.channel !== undefined && task.channel === channel),
		takesShared: shared.includes(channel),
		pace: new Pace(),
		busyMs: 0,
	}));
}
