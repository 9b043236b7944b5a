import { UNDOCUMENTED_DEFAULTS, type UndocumentedSettings } from './undocumented';
import type { VerbName } from './verbs';

/** Credits of a channel's bot account, in credits. */
export interface CreditSettings {
	total: number;
	used: number;
}

/** One configured account. `credits: null`: the bot has not named them yet, so answers have no `credits`. */
export interface ChannelSettings {
	channel: string;
	server: string;
	discord: string;
	credits?: CreditSettings | null;
}

/** Milliseconds: one number, one per channel ID, or a function of the call. */
export type BlockingTime =
	number | Record<string, number> | ((call: { verb: VerbName; channel: string }) => number);

/** All settings. Times are in milliseconds. Changes apply from the next call on. */
export interface Settings extends UndocumentedSettings {
	/** TCP port on 127.0.0.1; 0 takes a free one. Read once, at the start. */
	port: number;
	/** The API token that is accepted. */
	token: string;
	/** How many accounts are configured at the start, or which. Read at the start and at `reset()`. */
	channels: number | readonly ChannelSettings[];
	/** Anything but `active` makes every faceswap call answer 402. */
	subscription: 'active' | 'expired' | 'none';
	/** The credits of a channel whose own settings name none. */
	credits: CreditSettings;
	/** Whether Discord tokens are masked in accounts and jobs. */
	maskDiscord: boolean;
	/** Whether results are drawn from the uploads. Otherwise uploads are hashed and dropped. */
	drawResults: boolean;
	/** Size in bytes of a result that is not drawn; unset: the smallest picture. */
	resultSize: number | undefined;
	/** The number of pictures of a completed job. */
	resultCount: number;
	/** The `embeds` of a completed job; none where empty. */
	embeds: readonly object[];
	/** The number of faces in a picture, which a swap's price depends on. */
	faces: number;
	/** How long a blocking verb holds its channel. */
	blockingMs: BlockingTime;
	/** How long a verb that answers `started` holds its channel. */
	submitMs: number;
	/** From `started` to the end of a job; `progress` comes half way. */
	asyncMs: number;
	/** Added before every answer. */
	latencyMs: number;
	/** Whether /picsi answers `started` instead of blocking. */
	picsiAnswersStarted: boolean;
	/** The number of attempts that the API names in a 429 for a busy channel. */
	lockAttempts: number;
	/** How long an attachment's address is valid, from its making. */
	attachmentTtlMs: number;
	/** How long a job can be read, from its creation. The API promises at least 31 days. */
	jobTtlMs: number;
	/** The seed for the choice of random channels. */
	seed: number | undefined;
}

const DAY = 24 * 60 * 60 * 1000;

export const DEFAULT_SETTINGS: Readonly<Settings> = {
	...UNDOCUMENTED_DEFAULTS,
	port: 0,
	token: 'user:1-simulator',
	channels: 3,
	subscription: 'active',
	credits: { total: 800, used: 0 },
	maskDiscord: true,
	drawResults: true,
	resultSize: undefined,
	resultCount: 1,
	embeds: [],
	faces: 1,
	blockingMs: 300,
	submitMs: 50,
	asyncMs: 1500,
	latencyMs: 0,
	picsiAnswersStarted: false,
	lockAttempts: 5,
	attachmentTtlMs: DAY,
	jobTtlMs: 31 * DAY,
	seed: undefined,
};

const DEFAULT_BLOCKING_MS = 300;

/** How long this call holds its channel, in milliseconds. */
export function blockingTime(setting: BlockingTime, verb: VerbName, channel: string): number {
	if (typeof setting === 'number') return setting;
	if (typeof setting === 'function') return setting({ verb, channel });
	return setting[channel] ?? DEFAULT_BLOCKING_MS;
}

/** The accounts at the start. Generated ones are the same in every run. */
export function channelsToConfigure(setting: Settings['channels']): readonly ChannelSettings[] {
	if (typeof setting !== 'number') return setting;
	return Array.from({ length: setting }, (_, index) => madeUpChannel(index + 1));
}

function madeUpChannel(number: number): ChannelSettings {
	const suffix = String(number).padStart(4, '0');
	return {
		channel: `11222774818224${suffix}`,
		server: `11222264771611${suffix}`,
		discord: `SIMULATED-discord-token-${suffix}`,
	};
}
