/** What came out of the rounds, reduced to what is worth telling. */
export interface Summary {
	median: number;
	min: number;
	max: number;
	rounds: number;
}

/** @throws Error without any sample */
export function summary(samples: readonly number[]): Summary {
	const sorted = [...samples].sort((one, other) => one - other);
	const at = (index: number) => sorted[Math.max(0, Math.min(sorted.length - 1, index))] ?? NaN;
	if (sorted.length === 0) throw new Error('Nothing was measured');
	const middle = (sorted.length - 1) / 2;
	return {
		median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
		min: at(0),
		max: at(sorted.length - 1),
		rounds: sorted.length,
	};
}

/** One quantity of one contender, a value for each round. */
export interface Figure {
	contender: string;
	quantity: string;
	unit: string;
	samples: number[];
}

/** What must be reached: at most this much, in the median of the rounds. */
export interface Target {
	what: string;
	/** Empty for a ratio. */
	unit: string;
	atMost: number;
	samples: number[];
	/** Why it cannot be reached from within a node, where that is known. */
	bound?: string;
}

/** A target for what must not happen. */
export const none = (what: string, samples: number[]): Target => ({
	what,
	unit: '',
	atMost: 0,
	samples,
});

export type Status = 'reached' | 'noisy' | 'bounded' | 'missed';

/** What one case has measured. */
export interface CaseResult {
	id: string;
	title: string;
	/** What was done, in one sentence. */
	work: string;
	targets: Target[];
	figures: Figure[];
	/** Which quantities are drawn. */
	plots: string[];
}

/** Gathers the figures of one case, round by round. */
export class Ledger {
	private readonly byName = new Map<string, Figure>();

	add(contender: string, quantity: string, unit: string, value: number): void {
		const name = `${contender}\n${quantity}`;
		const figure = this.byName.get(name) ?? { contender, quantity, unit, samples: [] };
		figure.samples.push(value);
		this.byName.set(name, figure);
	}

	samples(contender: string, quantity: string): number[] {
		return this.byName.get(`${contender}\n${quantity}`)?.samples ?? [];
	}

	/** Of each round the one's value divided by the other's, so that the machine's moods cancel out. */
	ratios(quantity: string, contender: string, other: string): number[] {
		const others = this.samples(other, quantity);
		return this.samples(contender, quantity).map((value, round) => value / (others[round] ?? NaN));
	}

	get figures(): Figure[] {
		return [...this.byName.values()];
	}
}

/** Whether a target is reached; `noisy` when at least one round has reached it. */
export function statusOf({ samples, atMost, bound }: Target): Status {
	const { median, min } = summary(samples);
	if (median <= atMost) return 'reached';
	if (min <= atMost) return 'noisy';
	return bound ? 'bounded' : 'missed';
}
