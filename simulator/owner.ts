import { badRequest } from './errors';
import type { Settings } from './settings';

const MAX_REPLY_URL = 1024;
const MAX_ACCOUNTS = 10;

/** The useapi.net account, as GET /v2/account returns it. */
export interface OwnerView {
	id: number;
	email: string;
	name: string;
	created: string;
	verified: string;
	sub: string;
	subscriptionIsActive: boolean;
	subscriptions: Array<{ id: string; status: string; started: string }>;
	maxAccountsPerAPI: number;
	accounts: { faceswap: string[] };
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
	 * Sets `name` and `replyUrl` if given. An empty replyUrl removes it.
	 * @throws ApiError 400
	 */
	update(body: unknown): void {
		const { name, replyUrl } = (body ?? {}) as { name?: unknown; replyUrl?: unknown };
		const newName = optionalText('name', name);
		const newUrl = optionalText('replyUrl', replyUrl);
		if (newUrl !== undefined && newUrl.length > MAX_REPLY_URL) {
			throw badRequest('replyUrl is too long');
		}
		this.name = newName ?? this.name;
		this.url = newUrl === undefined ? this.url : newUrl || undefined;
	}

	view(subscription: Settings['subscription'], channels: string[]): OwnerView {
		return {
			id: 1,
			email: 'owner@example.com',
			name: this.name,
			created: '2023-09-01T00:00:00.000Z',
			verified: '2023-09-01T00:05:00.000Z',
			sub: subscription,
			subscriptionIsActive: subscription === 'active',
			subscriptions: subscriptions(subscription),
			maxAccountsPerAPI: MAX_ACCOUNTS,
			accounts: { faceswap: channels },
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

function subscriptions(subscription: Settings['subscription']): OwnerView['subscriptions'] {
	if (subscription === 'none') return [];
	return [{ id: 'sub_simulator', status: subscription, started: '2023-09-01T00:05:00.000Z' }];
}
