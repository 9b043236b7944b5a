/** A wait was aborted because the simulator closes or is reset. */
export class ClockStopped extends Error {}

interface Waiting {
	resolve: () => void;
	reject: (reason: Error) => void;
}

/** All waits of one simulator, so that they can end at once. */
export class Clock {
	private readonly waiting = new Map<NodeJS.Timeout, Waiting>();

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

	stop(): void {
		for (const { reject } of this.clear()) reject(new ClockStopped('The simulator stopped'));
	}

	private clear(): Waiting[] {
		const cleared = [...this.waiting.values()];
		for (const timer of this.waiting.keys()) clearTimeout(timer);
		this.waiting.clear();
		return cleared;
	}
}
