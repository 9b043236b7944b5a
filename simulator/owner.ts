import { badRequest } from './errors';
import type { Settings } from './settings';

const MAX_REPLY_URL = 1024;
/** Accounts of each API that one subscription allows. */
const ACCOUNTS_PER_SUBSCRIPTION = 3;
const API = 'InsightFaceSwap API';

/** The useapi.net account, as GET /v2/account returns it. */
export interface OwnerView {
	id: number;
	email: string;
	name: string;
	/** ISO 8601, like `verified`. */
	created: string;
	verified: string;
	/** When the subscription was renewed: YYMMDD. */
	sub?: string;
	subscriptionIsActive: boolean;
	subscriptions: number;
	maxAccountsPerAPI: number;
	/** By the name of the API. */
	accounts: Record<string, { total: number; active: number; error?: number }>;
	replyUrl?: string;
}

/** The owner of the token and of all channels, with the default replyUrl. */
export class Owner {
	private name = 'Simulator';
	private url: string | undefined;

	/** The replyUrl of jobs that have none. */
	get replyUrl(): string | undefined {
		return this.url;
	}

	/**
	 * Sets `name` and `replyUrl` if given.
	 * @param emptyClears whether an empty replyUrl removes it
	 * @throws ApiError 400
	 */
	update(body: unknown, emptyClears: boolean): void {
		const { name, replyUrl } = (body ?? {}) as { name?: unknown; replyUrl?: unknown };
		const newName = optionalText('name', name);
		const newUrl = optionalText('replyUrl', replyUrl);
		if (newUrl !== undefined && newUrl.length > MAX_REPLY_URL) {
			throw badRequest('replyUrl is too long');
		}
		this.name = newName ?? this.name;
		if (newUrl || (newUrl === '' && emptyClears)) this.url = newUrl || undefined;
	}

	view(
		{ subscription, outOfUse }: Pick<Settings, 'subscription' | 'outOfUse'>,
		channels: string[],
	): OwnerView {
		const needed = Math.max(1, Math.ceil(channels.length / ACCOUNTS_PER_SUBSCRIPTION));
		const subscriptions = subscription === 'none' ? 0 : needed;
		const error = channels.filter((channel) => outOfUse.includes(channel)).length;
		const total = channels.length;
		return {
			id: 1,
			email: 'owner@example.com',
			name: this.name,
			created: '2023-09-01T00:00:00.000Z',
			verified: '2023-09-01T00:05:00.000Z',
			...(subscription !== 'none' && { sub: '230901' }),
			subscriptionIsActive: subscription === 'active',
			subscriptions,
			maxAccountsPerAPI: subscriptions * ACCOUNTS_PER_SUBSCRIPTION,
			accounts:
				total > 0 ? { [API]: { total, active: total - error, ...(error && { error }) } } : {},
			...(this.url && { replyUrl: this.url }),
		};
	}

	clear(): void {
		this.name = 'Simulator';
		this.url = undefined;
	}
}

function optionalText(name: string, value: unknown): string | undefined {
	if (value === undefined || typeof value === 'string') return value;
	throw badRequest(`${name} is not a string`);
}
