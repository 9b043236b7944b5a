import { Cancellation, type CancelSignal } from '../../shared/cancellation';
import { Throughput } from './throughput';
import type { Demand, Turn } from './turns';

/** What became of a task that a worker took. */
export type NextAction =
	/** It is out of the worker's hands, and the worker is free for the next. */
	| { next: 'free' }
	/**
	 * It has failed: its channel is busy for `busyMs` milliseconds, longer than the item waits. Where it
	 * `isRefused`, the API has asked for that.
	 */
	| { next: 'drop'; busyMs: number; isRefused: boolean }
	/**
	 * It rests with this worker, and then goes back, to be taken by any worker that may. Where the API has said
	 * that the channel is `busy`, it is the channel that rests, which the giver of turns sees to.
	 */
	| { next: 'rest'; ms: number; busy?: boolean }
	/** It is out of the worker's hands, and the worker takes no more of the shared ones. */
	| { next: 'last' }
	/** It goes back to the others, and the worker takes no more of the shared ones. */
	| { next: 'leave' }
	/** It goes back, and this worker takes no more. */
	| { next: 'close' };

/** Whether a task is out of the worker's hands. */
export const isSettled = ({ next }: NextAction): boolean => ['free', 'drop', 'last'].includes(next);

export interface SchedulerTask {
	/** The worker that must take it; any worker of the shared ones where it names none. */
	channel?: string;
}

export interface SchedulerWork<T> {
	/** The channels that take tasks without a channel; `undefined` leaves the choice to the API. */
	shared: Array<string | undefined>;
	/**
	 * Gets a task ready to be served, before its turn; throws nothing.
	 * @returns false where that fails: the task then is out of the scheduler's hands
	 */
	prepare: (task: T) => Promise<boolean>;
	/**
	 * Serves one task that is ready; throws nothing.
	 * @param others whether other workers could serve it
	 */
	serve: (task: T, channel: string | undefined, others: () => boolean) => Promise<NextAction>;
	rest: (ms: number) => Promise<void>;
	/**
	 * Waits for the turn to use a channel; gives nothing when `withdrawn` or the halt ends the wait.
	 * @param demand the shared tasks that wait, where none waits for this channel alone
	 */
	turn: (
		channel: string | undefined,
		withdrawn: CancelSignal,
		demand?: Demand,
	) => Promise<Turn | undefined>;
	/** Whether to take no more tasks. */
	halted: () => boolean;
}

interface Worker<T> {
	channel: string | undefined;
	own: T[];
	takesShared: boolean;
	throughput: Throughput;
	/** Ends its wait for a turn. */
	waiting?: Cancellation;
	/** How long its channel is said to be busy, in milliseconds. */
	busyMs: number;
	/** Settles when a worker that has left tasks to the others checks them again. */
	look?: Promise<void>;
}

/**
 * Runs tasks with one worker for each channel. A worker waits for the turn on its channel before it
 * takes a task, and runs one task at a time. It takes the tasks that name its channel first, then
 * shared ones in their order, but none that the other workers would finish earlier. While workers are
 * busy, one task for each of them is prepared; a worker takes and waits for nothing else.
 * @returns the tasks that no worker could serve, and those that had not started when the run was halted
 */
export async function runScheduler<T extends SchedulerTask>(
	tasks: T[],
	work: SchedulerWork<T>,
): Promise<T[]> {
	const taskQueue = new TaskQueue(tasks, work);
	await Promise.all(
		taskQueue.workers.map(async (worker) => await runWorker(taskQueue, worker, work)),
	);
	await taskQueue.allPrepared();
	return taskQueue.left();
}

async function runWorker<T extends SchedulerTask>(
	taskQueue: TaskQueue<T>,
	worker: Worker<T>,
	work: SchedulerWork<T>,
): Promise<void> {
	for (let taken = await taskQueue.next(worker); taken; taken = await taskQueue.next(worker)) {
		const { task, turn } = taken;
		const others = () => !task.channel && taskQueue.hasOthers(worker);
		const nextAction = await work.serve(task, worker.channel, others);
		const isServed = isSettled(nextAction) && nextAction.next !== 'drop';
		turn.end(isServed && !work.halted());
		worker.throughput.end(isServed ? 1 : 0);
		if (nextAction.next === 'rest') await rest(worker, nextAction, work);
		if (isSettled(nextAction)) taskQueue.settle(1);
		else taskQueue.putBack(worker, task);
		if (['last', 'leave'].includes(nextAction.next)) taskQueue.stopSharing(worker);
		if (nextAction.next === 'drop') taskQueue.prepareAnew();
		if (nextAction.next === 'close') return taskQueue.close(worker);
	}
}

async function rest<T>(
	worker: Worker<T>,
	{ ms, busy }: Extract<NextAction, { next: 'rest' }>,
	work: SchedulerWork<T>,
): Promise<void> {
	const { throughput, channel } = worker;
	if (busy && channel) {
		worker.busyMs = ms;
		return;
	}
	throughput.begin(ms);
	await work.rest(ms);
	throughput.end(0);
}

/** The tasks that wait, and the workers that wait for tasks. */
class TaskQueue<T extends SchedulerTask> {
	readonly workers: Array<Worker<T>>;

	private readonly open: Set<Worker<T>>;

	private readonly shared: T[];

	private readonly orphans: T[] = [];

	/** Tasks that wait for an open worker, or that a worker runs. */
	private unsettled: number;

	private idle: Array<() => void> = [];

	/** Tasks that are being got ready. */
	private readonly preparing = new Map<T, Promise<void>>();

	/** Tasks that wait and are ready. */
	private readonly ready = new Set<T>();

	constructor(
		tasks: T[],
		private readonly work: SchedulerWork<T>,
	) {
		this.shared = tasks.filter(({ channel }) => !channel);
		this.unsettled = tasks.length;
		this.workers = workersFor(tasks, this.shared.length > 0 ? work.shared : []);
		this.open = new Set(this.workers);
		this.prepareNext();
	}

	/** The next task for a worker, and its turn; it waits while others may still give theirs back. */
	async next(worker: Worker<T>): Promise<{ task: T; turn: Turn } | undefined> {
		while (this.unsettled > 0 && !this.work.halted()) {
			if (!this.mayTake(worker)) {
				await new Promise<void>((resolve) => this.idle.push(resolve));
				continue;
			}
			const turn = await this.turn(worker);
			const task = turn && !this.work.halted() ? this.take(worker) : undefined;
			if (turn && task) return { task, turn };
			turn?.end();
			worker.throughput.cancel();
		}
		this.wake();
		return undefined;
	}

	/** What the worker waits for its turn counts as time that it needs for a task. */
	private async turn(worker: Worker<T>): Promise<Turn | undefined> {
		worker.waiting = new Cancellation();
		worker.throughput.begin((worker.throughput.mean ?? 0) + worker.busyMs);
		worker.busyMs = 0;
		const demand = worker.own.length > 0 ? undefined : () => this.shared.length;
		const turn = await this.work.turn(worker.channel, worker.waiting, demand);
		worker.waiting = undefined;
		return turn;
	}

	private mayTake(worker: Worker<T>): boolean {
		return this.readyIn(worker.own) !== undefined || this.sharesWith(worker);
	}

	private take(worker: Worker<T>): T | undefined {
		const own = this.readyIn(worker.own);
		const task = own ?? (this.sharesWith(worker) ? this.readyIn(this.shared) : undefined);
		if (!task) return undefined;
		remove(own ? worker.own : this.shared, task);
		this.ready.delete(task);
		this.prepareNext();
		return task;
	}

	/** The first task of a queue that is ready. No other than the first few can be. */
	private readyIn(queue: T[]): T | undefined {
		return queue.slice(0, this.workers.length).find((task) => this.ready.has(task));
	}

	/** Gets the next task of each worker ready. */
	private prepareNext(): void {
		if (this.work.halted()) return;
		const workers = [...this.open];
		const sharing = workers.filter(({ takesShared }) => takesShared);
		const next = [
			...workers.flatMap(({ own }) => own.slice(0, 1)),
			...this.shared.slice(0, sharing.length),
		];
		for (const task of next) {
			if (this.ready.has(task) || this.preparing.has(task)) continue;
			this.preparing.set(task, this.prepare(task));
		}
	}

	private async prepare(task: T): Promise<void> {
		const isReady = await this.work.prepare(task);
		this.preparing.delete(task);
		if (!isReady) return this.drop(task);
		this.ready.add(task);
		this.wake();
	}

	/** Forgets a task that could not be got ready; one that is left over was settled before. */
	private drop(task: T): void {
		const isLeftOver = remove(this.orphans, task);
		for (const queue of [this.shared, ...this.workers.map(({ own }) => own)]) remove(queue, task);
		if (!isLeftOver) this.settle(1);
		this.prepareNext();
	}

	/** Has tasks that are ready checked once more, as they may not want to wait as long as their channel rests. */
	prepareAnew(): void {
		this.ready.clear();
		this.prepareNext();
	}

	/** Waits until nothing is being got ready any more. */
	async allPrepared(): Promise<void> {
		await Promise.all(this.preparing.values());
	}

	/**
	 * Whether a worker may take a shared task now. A worker that would finish it later than the others
	 * checks again after its mean service time.
	 */
	private sharesWith(worker: Worker<T>): boolean {
		const { mean } = worker.throughput;
		if (!worker.takesShared || !this.readyIn(this.shared)) return false;
		if (mean === undefined || this.servedByOthers(worker, mean) < this.shared.length) return true;
		worker.look ??= this.work.rest(mean).then(() => {
			worker.look = undefined;
			this.wake();
		});
		return false;
	}

	/** How many shared tasks the other workers will have served in less than `ms` from now. */
	private servedByOthers(worker: Worker<T>, ms: number): number {
		return [...this.open]
			.filter((other) => other !== worker && other.takesShared)
			.reduce((sum, { throughput, own }) => sum + throughput.within(ms, own.length), 0);
	}

	putBack(worker: Worker<T>, task: T): void {
		(task.channel ? worker.own : this.shared).unshift(task);
		this.ready.add(task);
		this.wake();
	}

	settle(count: number): void {
		this.unsettled -= count;
		this.wake();
	}

	/** Takes a worker out of service; what only it could have served is left over. */
	close(worker: Worker<T>): void {
		this.open.delete(worker);
		this.abandon(worker.own);
		this.stopSharing(worker);
	}

	/** Whether other workers take shared tasks. */
	hasOthers(worker: Worker<T>): boolean {
		return [...this.open].some((other) => other !== worker && other.takesShared);
	}

	/** Gives a worker none of the shared tasks any more; they are left over when no other takes them. */
	stopSharing(worker: Worker<T>): void {
		worker.takesShared = false;
		if (![...this.open].some(({ takesShared }) => takesShared)) this.abandon(this.shared);
	}

	private abandon(tasks: T[]): void {
		const orphans = tasks.splice(0);
		this.orphans.push(...orphans);
		this.settle(orphans.length);
	}

	/** What was not served. */
	left(): T[] {
		return [...this.orphans, ...this.shared, ...this.workers.flatMap(({ own }) => own)];
	}

	/** Workers that wait for tasks check again. Workers that wait for a turn without a task stop waiting. */
	private wake(): void {
		for (const resume of this.idle.splice(0)) resume();
		for (const worker of this.workers) {
			if (worker.waiting && !this.mayTake(worker)) worker.waiting.abort();
		}
	}
}

/** @returns whether the task was there */
function remove<T>(queue: T[], task: T): boolean {
	const index = queue.indexOf(task);
	if (index < 0) return false;
	queue.splice(index, 1);
	return true;
}

function workersFor<T extends SchedulerTask>(
	tasks: T[],
	shared: Array<string | undefined>,
): Array<Worker<T>> {
	const named = [...tasks.map(({ channel }) => channel), ...shared].filter(Boolean);
	const unnamed = shared.filter((channel) => !channel);
	return [...new Set(named), ...unnamed].map((channel) => ({
		channel,
		own: tasks.filter((task) => task.channel !== undefined && task.channel === channel),
		takesShared: shared.includes(channel),
		throughput: new Throughput(),
		busyMs: 0,
	}));
}
