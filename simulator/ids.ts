import { randomBytes } from 'node:crypto';

const DISCORD_EPOCH = 1420070400000n;
let lastSnowflake = 0n;

/** A Discord id made now: digits only, rising. */
export function snowflake(): string {
	const byTime = (BigInt(Date.now()) - DISCORD_EPOCH) << 22n;
	lastSnowflake = byTime > lastSnowflake ? byTime : lastSnowflake + 1n;
	return lastSnowflake.toString();
}

/** Whether a value has the form of a Discord id. */
export const isSnowflake = (value: string) => /^\d{17,20}$/.test(value);

/** 32 hexadecimal digits, as job ids have. */
export const jobId = () => randomBytes(16).toString('hex');

/** Keeps the first and the last three characters, as the API does. */
export const maskDiscord = (token: string) => `${token.slice(0, 3)}…secured…${token.slice(-3)}`;

/** Numbers from 0 up to 1, the same ones for the same seed (mulberry32). */
export function randomSource(seed: number | undefined): () => number {
	if (seed === undefined) return Math.random;
	let state = seed | 0;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
	};
}

/** A time as Discord writes it, e.g. `2023-09-09T02:04:51.926000+00:00`. */
export const discordTime = (time: number) => new Date(time).toISOString().replace('Z', '000+00:00');
