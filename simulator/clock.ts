/** A wait was aborted because the simulator closes or is reset. */
export class ClockStopped extends Error {}

interface Waiting {
	resolve: () => void;
	reject: (reason: Error) => void;
}

/** All waits of one simulator, so that they can end at once. */
export class Clock {
	private readonly waiting = new Map<NodeJS.Timeout, Waiting>();

	private readonly atStop = new Set<() => void>();

	/**
	 * @param ms milliseconds; 0 or less does not wait
	 * @throws ClockStopped when `stop` comes first
	 */
	async delay(ms: number): Promise<void> {
		if (ms <= 0) return;
		await new Promise<void>((resolve, reject) => {
			const timer = setTimeout(() => {
				this.waiting.delete(timer);
				resolve();
			}, ms);
			this.waiting.set(timer, { resolve, reject });
		});
	}

	/** Ends all waits, as if their time had passed. */
	skip(): void {
		for (const { resolve } of this.clear()) resolve();
	}

	/** @param work is done when the clock is stopped next */
	onStop(work: () => void): void {
		this.atStop.add(work);
	}

	stop(): void {
		for (const work of this.atStop) work();
		this.atStop.clear();
		for (const { reject } of this.clear()) reject(new ClockStopped('The simulator stopped'));
	}

	private clear(): Waiting[] {
		const cleared = [...this.waiting.values()];
		for (const timer of this.waiting.keys()) clearTimeout(timer);
		this.waiting.clear();
		return cleared;
	}
}
