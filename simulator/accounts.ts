import { badRequest, missingParam } from './errors';
import { Identities } from './identities';
import { discordTime, isSnowflake, maskDiscord } from './ids';
import type { ChannelSettings, CreditSettings } from './settings';
import { refusals } from './undocumented';

/** One configured Discord channel. */
export interface Account {
	channel: string;
	server: string;
	discord: string;
	/** Unknown until the bot names it, with the first paid job. */
	credits?: CreditSettings & { timestamp: string };
	/** Whether a call holds the channel now. */
	locked: boolean;
	identities: Identities;
}

/** An account as GET /account answers it. */
export interface AccountView {
	server: string;
	channel: string;
	discord: string;
	credits?: { timestamp: string; total: number; used: number };
}

export class Accounts {
	private readonly byChannel = new Map<string, Account>();

	configure(channels: readonly ChannelSettings[], credits: CreditSettings): void {
		this.byChannel.clear();
		for (const { credits: own = credits, ...settings } of channels) {
			this.byChannel.set(settings.channel, { ...emptyAccount(settings), ...dated(own) });
		}
	}

	get channels(): string[] {
		return [...this.byChannel.keys()];
	}

	get size(): number {
		return this.byChannel.size;
	}

	find(channel: string): Account | undefined {
		return this.byChannel.get(channel);
	}

	delete(channel: string): boolean {
		return this.byChannel.delete(channel);
	}

	/**
	 * Creates or updates the account of a channel.
	 * @throws ApiError 400 for fields that are missing, contradictory or in use
	 */
	put(channel: string, body: unknown): void {
		const wanted = checkedAccount(channel, body);
		for (const name of ['discord', 'server'] as const) {
			for (const account of this.byChannel.values()) {
				if (account.channel !== channel && account[name] === wanted[name]) {
					throw badRequest(`Channel ${account.channel} configuration has same ${name} value`);
				}
			}
		}
		this.byChannel.set(channel, { ...emptyAccount(wanted), ...this.find(channel), ...wanted });
	}

	/**
	 * The account that a call without `channel` uses.
	 * @param random numbers from 0 up to 1
	 * @param outOfUse IDs of channels that are passed over
	 * @throws ApiError 400 without any account, 412 when all are out of credits
	 */
	random(random: () => number, cost: number, total: number, outOfUse: readonly string[]): Account {
		if (this.size === 0) throw missingParam('channel');
		const able = [...this.byChannel.values()].filter(
			(one) => remaining(one, total) >= cost && !outOfUse.includes(one.channel),
		);
		const chosen = able[Math.floor(random() * able.length)];
		if (!chosen) throw refusals.outOfCredits();
		return chosen;
	}

	/** @throws ApiError 400 unless exactly one account is configured */
	only(): Account {
		const [account, another] = this.byChannel.values();
		if (!account || another) throw missingParam('channel');
		return account;
	}

	/** @throws ApiError 400 for a channel that is not configured */
	named(channel: string): Account {
		const account = this.find(channel);
		if (account) return account;
		throw badRequest(
			`Configuration not found for channel ${channel}, to create POST v1/faceswap/account/${channel}`,
		);
	}
}

/** @throws ApiError 412 */
export function checkCredits(account: Account, cost: number, total: number): void {
	if (remaining(account, total) < cost) throw refusals.outOfCredits();
}

/** Deducts `cost` credits. From then on the account's credits are known. */
export function charge(account: Account, cost: number, initial: CreditSettings): void {
	if (cost === 0) return;
	const { total, used } = account.credits ?? initial;
	account.credits = { timestamp: discordTime(Date.now()), total, used: used + cost };
}

export function viewAccount(account: Account, masked: boolean): AccountView {
	return {
		server: account.server,
		channel: account.channel,
		discord: masked ? maskDiscord(account.discord) : account.discord,
		...(account.credits && { credits: { ...account.credits } }),
	};
}

function remaining({ credits }: Account, totalWhenUnknown: number): number {
	return credits ? credits.total - credits.used : totalWhenUnknown;
}

function emptyAccount(settings: Omit<ChannelSettings, 'credits'>): Account {
	return { ...settings, locked: false, identities: new Identities() };
}

function dated(credits: CreditSettings | null): Pick<Account, 'credits'> {
	if (!credits) return {};
	const { total, used } = credits;
	return { credits: { timestamp: discordTime(Date.now()), total, used } };
}

function checkedAccount(channel: string, body: unknown): Omit<ChannelSettings, 'credits'> {
	const discord = requiredText(body, 'discord');
	const server = requiredText(body, 'server');
	const named = requiredText(body, 'channel');
	// The page says `channel` of both.
	for (const id of [server, named]) {
		if (isSnowflake(id)) continue;
		throw badRequest(`Required param channel (${id}) is not valid Discord channel id`);
	}
	if (named !== channel) {
		throw badRequest(
			`Required param channel (${named}) not matching to /faceswap/account/${channel}`,
		);
	}
	return { discord, server, channel };
}

function requiredText(body: unknown, name: string): string {
	const value = (body as Record<string, unknown> | null | undefined)?.[name];
	if (typeof value !== 'string' || value.trim() === '') throw missingParam(name);
	return value;
}
