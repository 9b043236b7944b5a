import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { creditsLeft, creditsOf, type Job } from '../api/job';
import type { Item } from './item';

/** The maximum number of warnings about pictures that are shown. */
const MAX_WARNINGS = 5;

/** What the output panel says of a run: what became of the items, how many credits are left, and warnings. */
export class Hints {
	/** About pictures. */
	readonly warnings = new Set<string>();

	/** The credits of each channel before the run, by the list of accounts. */
	private readonly before = new Map<string, number>();

	/** The credits that the bot has named during the run. */
	private readonly since = new Map<string, number>();

	/** Notes the credits that the bot's message names. Answers may come in another order than the jobs were paid in. */
	noteJob({ channel, content }: Job): void {
		const found = creditsOf(content);
		if (!found || !channel) return;
		this.since.set(channel, Math.min(found.remaining, this.since.get(channel) ?? Infinity));
	}

	/** Notes the credits of the list of accounts. */
	noteAccounts(accounts: Array<[channel: string, account: IDataObject]>): void {
		for (const [channel, account] of accounts) {
			const left = creditsLeft(account);
			if (left !== undefined) this.before.set(channel, left);
		}
	}

	/** @param warnUnderCredits below how many credits to warn of a channel */
	show(context: IExecuteFunctions, items: Item[], warnUnderCredits: number): void {
		const left = [...new Map([...this.before, ...this.since])];
		const message = `${resultsOf(items)} ${this.creditsLeft(left)}`.trim();
		if (message) context.addExecutionHints({ message, location: 'outputPane' });
		const few = left.filter(([, remaining]) => remaining < warnUnderCredits);
		const named = few.map(([channel, remaining]) => `${remaining} on channel ${channel}`);
		const warnings = [...this.warnings].slice(0, MAX_WARNINGS);
		if (few.length > 0) {
			warnings.push(`Fewer than ${warnUnderCredits} credits are left: ${named.join(', ')}.`);
		}
		for (const warning of warnings) {
			context.addExecutionHints({ message: warning, type: 'warning', location: 'outputPane' });
		}
	}

	private creditsLeft(left: Array<[channel: string, remaining: number]>): string {
		if (left.length === 0) return '';
		const sum = left.reduce((total, [, remaining]) => total + remaining, 0).toLocaleString('en-US');
		const isOld = left.some(([channel]) => !this.since.has(channel));
		const when = isOld ? ' before this run' : '';
		return `${sum} credits left on ${count(left.length, 'channel')}${when}.`;
	}
}

/** What became of the items. Nobody waits here for the results of jobs that were only started. */
function resultsOf(items: Item[]): string {
	const done = items.filter(({ state }) => state === 'done');
	const made = done.filter(({ settings }) => settings.waitMode === 'poll').length;
	const started = done.length - made;
	const failed = items.filter(({ error }) => error).length;
	return [
		made > 0 ? `${count(made, 'picture')} made.` : '',
		started > 0 ? `${count(started, 'job')} started.` : '',
		failed > 0 ? `${count(failed, 'item')} failed.` : '',
	]
		.filter(Boolean)
		.join(' ');
}

const count = (number: number, one: string): string =>
	`${number.toLocaleString('en-US')} ${one}${number === 1 ? '' : 's'}`;
