import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { creditsOf, isObject, type Job } from '../api/job';

/** The maximum number of channels that a hint names. */
const NAMED_CHANNELS = 10;

interface Credits {
	remaining: number;
	total: number;
	/** Read before the jobs of this run, which may have used some since. */
	isFromBefore: boolean;
}

/** What became of the items of a run, and which credits the API named on the way. */
export class RunSummary {
	private readonly taken = new Set<number>();

	private readonly failed = new Set<number>();

	private readonly credits = new Map<string, Credits>();

	/** Notes a job that the API took for an item, and the credits that the bot's message names. */
	take(itemIndex: number, { channel, content }: Job): void {
		this.taken.add(itemIndex);
		const found = creditsOf(content);
		if (!found || !channel) return;
		const known = this.credits.get(channel);
		// Answers may come in another order than the jobs were paid in.
		const isOlder = known && !known.isFromBefore && known.remaining < found.remaining;
		if (!isOlder) this.credits.set(channel, { ...found, isFromBefore: false });
	}

	fail(itemIndex: number): void {
		this.failed.add(itemIndex);
	}

	/** Notes the credits of the list of accounts, as `GET /account` gives it. */
	noteAccounts(accounts: IDataObject): void {
		for (const [channel, account] of Object.entries(accounts)) {
			const { used, total } = creditsIn(account);
			const remaining = Number(total) - Number(used);
			if (Number.isNaN(remaining) || this.credits.has(channel)) continue;
			this.credits.set(channel, { remaining, total: Number(total), isFromBefore: true });
		}
	}

	/**
	 * Shows in the output panel how many jobs were submitted, continued and failed, and the credits of each
	 * channel. A second hint warns of channels with fewer credits than Warn Under Credits says.
	 */
	showHints(context: IExecuteFunctions, continued: number, warnUnderCredits: number): void {
		const jobs = `${this.taken.size - continued} submitted, ${continued} continued, ${this.failed.size} failed.`;
		const all = [...this.credits];
		const known = all.length > 0 ? ` Credits that remain: ${namedCredits(all)}.` : '';
		context.addExecutionHints({ message: `Jobs: ${jobs}${known}`, location: 'outputPane' });
		const few = all.filter(([, { remaining }]) => remaining < warnUnderCredits);
		if (few.length === 0) return;
		const message = `Fewer than ${warnUnderCredits} credits remain: ${namedCredits(few)}.`;
		context.addExecutionHints({ message, type: 'warning', location: 'outputPane' });
	}
}

const creditsIn = (account: unknown): IDataObject =>
	isObject(account) && isObject(account.credits) ? account.credits : {};

/** The channels with the fewest credits first. */
function namedCredits(all: Array<[string, Credits]>): string {
	const sorted = [...all].sort(([, one], [, other]) => one.remaining - other.remaining);
	const named = sorted
		.slice(0, NAMED_CHANNELS)
		.map(
			([channel, { remaining, total, isFromBefore }]) =>
				`${remaining} of ${total} on channel ${channel}${isFromBefore ? ' (before this run)' : ''}`,
		);
	const more = all.length - named.length;
	return [...named, ...(more > 0 ? [`${more} more channels`] : [])].join(', ');
}
