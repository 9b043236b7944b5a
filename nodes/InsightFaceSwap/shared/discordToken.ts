/** A Discord user token as it is entered: three parts of base64url text, joined by dots. */
const ENTERED = /^[\w-]{20,}\.[\w-]{5,}\.[\w-]{20,}$/;

/** Whether `text` has the form of a Discord user token, and nothing before or after it. */
export const isDiscordToken = (text: string): boolean => ENTERED.test(text);

/** Three digits in base64, and the one or two that may remain. */
const DIGITS = '[MNO][DTjz][AEIMQUYcgk][w-z0-5]';
const REMAINING = '[MNO](?:[AQgw]|[DTjz][AEIMQUYcgk])';

/**
 * Discord tokens within a text. Their first part is the user's ID, 17 to 20 digits, in base64. That
 * sets them apart from file names and addresses with three long parts.
 */
export const DISCORD_TOKENS = new RegExp(
	`(?:${DIGITS}){5,7}(?:${REMAINING})?={0,2}\\.[\\w-]{5,}\\.[\\w-]{20,}`,
	'g',
);

/** Tokens of useapi.net within a text. A job ID may begin like one, and goes on with a dot. */
export const API_TOKENS = /\buser:\d+-[\w-]{8,}(?![\w.:-])/g;
