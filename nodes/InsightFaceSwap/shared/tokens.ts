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

/** Tokens of useapi.net. A job ID may begin like one, and goes on with a dot. */
const API_TOKENS = /\buser:\d+-[\w-]{8,}(?![\w.:-])/g;

/** What stands in place of a secret. */
export const HIDDEN = '…secured…';

/** A Discord token with only its first and last three characters, as the API shows it; all of a short one is hidden. */
export const maskToken = (token: string) =>
	token.length < 12 ? HIDDEN : `${token.slice(0, 3)}${HIDDEN}${token.slice(-3)}`;

/** Masks in a text of the user what has the form of a token of Discord or useapi.net, such as one entered in a wrong field. */
export const withoutTokens = (text: string): string =>
	text.replace(DISCORD_TOKENS, maskToken).replace(API_TOKENS, `user:${HIDDEN}`);
