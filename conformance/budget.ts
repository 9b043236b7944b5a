/** Counts credits, so that a run never submits more than it may spend. */

export class Budget {
	private used = 0;

	/** @param limit in credits */
	constructor(private readonly limit: number) {}

	get spent(): number {
		return this.used;
	}

	allows(credits: number): boolean {
		return this.used + credits <= this.limit;
	}

	/**
	 * Counts a job: what it should cost, or what it did cost where that is more.
	 * @param measured credits; undefined when the account does not say
	 */
	count(expected: number, measured: number | undefined): void {
		this.used += Math.max(expected, measured ?? 0);
	}
}
