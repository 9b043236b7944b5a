import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { creditsOf, isObject, type Job } from '../api/job';

/** The maximum number of warnings about pictures that are shown. */
const MAX_WARNINGS = 5;

interface Credits {
	remaining: number;
	/** Read before the jobs of this run, which may have used some since. */
	isFromBefore: boolean;
}

/** What became of the items of a run. */
export interface Counts {
	made: number;
	/** Jobs whose results nobody waits for here. */
	started: number;
	failed: number;
}

/** The credits that the API named during a run, by channel. */
export class CreditsSummary {
	private readonly credits = new Map<string, Credits>();

	/** Notes the credits that the bot's message names. */
	note({ channel, content }: Job): void {
		const found = creditsOf(content);
		if (!found || !channel) return;
		const known = this.credits.get(channel);
		// Answers may come in another order than the jobs were paid in.
		const isOlder = known && !known.isFromBefore && known.remaining < found.remaining;
		if (!isOlder) this.credits.set(channel, { remaining: found.remaining, isFromBefore: false });
	}

	/** Notes the credits of the list of accounts. */
	noteAccounts(accounts: Array<[channel: string, account: IDataObject]>): void {
		for (const [channel, { credits }] of accounts) {
			const { used, total } = isObject(credits) ? credits : {};
			const remaining = Number(total) - Number(used);
			if (Number.isNaN(remaining) || this.credits.has(channel)) continue;
			this.credits.set(channel, { remaining, isFromBefore: true });
		}
	}

	/**
	 * Shows in the output panel what became of the items and how many credits are left. Further hints warn
	 * of pictures, and of channels with fewer credits than the user wants.
	 */
	showHints(
		context: IExecuteFunctions,
		counts: Counts,
		warnUnderCredits: number,
		warnings: Set<string>,
	): void {
		const all = [...this.credits];
		const left = all.reduce((sum, [, { remaining }]) => sum + remaining, 0);
		const before = all.some(([, { isFromBefore }]) => isFromBefore) ? ' before this run' : '';
		const message = [
			counts.made > 0 && `${count(counts.made, 'picture')} made.`,
			counts.started > 0 && `${count(counts.started, 'job')} started.`,
			counts.failed > 0 && `${count(counts.failed, 'item')} failed.`,
			all.length > 0 &&
				`${left.toLocaleString('en-US')} credits left on ${count(all.length, 'channel')}${before}.`,
		]
			.filter(Boolean)
			.join(' ');
		if (message) context.addExecutionHints({ message, location: 'outputPane' });
		for (const warning of [...warnings].slice(0, MAX_WARNINGS)) warn(context, warning);
		const few = all.filter(([, { remaining }]) => remaining < warnUnderCredits);
		if (few.length === 0) return;
		const named = few.map(([channel, { remaining }]) => `${remaining} on channel ${channel}`);
		warn(context, `Fewer than ${warnUnderCredits} credits are left: ${named.join(', ')}.`);
	}
}

const warn = (context: IExecuteFunctions, message: string): void =>
	context.addExecutionHints({ message, type: 'warning', location: 'outputPane' });

const count = (number: number, one: string): string =>
	`${number.toLocaleString('en-US')} ${one}${number === 1 ? '' : 's'}`;
