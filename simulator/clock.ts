/** Waiting was cut short because the simulator closes or starts afresh. */
export class ClockStopped extends Error {}

/** All waiting of one simulator, so that it can end at once. */
export class Clock {
	private readonly waiting = new Map<NodeJS.Timeout, (reason: Error) => void>();

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
			this.waiting.set(timer, reject);
		});
	}

	stop(): void {
		for (const [timer, reject] of this.waiting) {
			clearTimeout(timer);
			reject(new ClockStopped('The simulator stopped'));
		}
		this.waiting.clear();
	}
}
