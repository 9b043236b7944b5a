/** A cause for which the node does more than report an error. Each comes from the API's own JSON. */
export type Cause = 'channelMissing' | 'noAccess' | 'noCredits' | 'notFound' | 'unknownChannel';

/** What happened, what to do next in at most two sentences, and the cause where the node acts on it. */
type Advice = [message: string, description: string, cause?: Cause];

const NOT_CHARGED = 'No job was started and nothing was charged.';

const CREATE_ACCOUNT = 'Create it with Account → Create or Update.';

const REFUSED: Advice = [
	'useapi.net refused the request',
	'Check the parameter that the message names.',
];

/** What each HTTP status of the API means, and what to do next. */
const ADVICE: Record<number, Advice> = {
	400: REFUSED,
	401: [
		'useapi.net did not accept the API token',
		'Open the credential, paste the whole token (it starts with "user:") and test it.',
		'noAccess',
	],
	402: [
		'The useapi.net account has no active subscription',
		`Renew the subscription at useapi.net, then run again. ${NOT_CHARGED}`,
		'noAccess',
	],
	403: [
		'useapi.net does not allow this',
		'The job or the account may belong to another user, or the subscription may not include this API.',
	],
	404: [
		'useapi.net could not find it',
		`Check the ID. If an account is missing: ${CREATE_ACCOUNT}`,
		'notFound',
	],
	410: [
		'useapi.net no longer has it',
		'It keeps jobs for at least 31 days. Submit it again if you still need the result.',
	],
	412: [
		'The InsightFaceSwap account is out of credits',
		`Choose another channel (Account → Get Many shows the credits), wait until the credits renew, or upgrade the plan at Picsi.Ai. ${NOT_CHARGED}`,
		'noCredits',
	],
	422: [
		'The picture or the prompt was rejected by moderation',
		'Change the picture or reword the prompt. Sending the same again will be rejected again.',
	],
	429: [
		'The API is busy',
		'Each channel runs one job at a time. Wait for 10 to 30 seconds, or add channels to run more at once.',
	],
	596: [
		'useapi.net has taken this account out of use',
		'Sign in to Discord with it and resolve what is asked there. Send a new token with Account → Create or Update only if it has changed.',
	],
};

/** Every other status of the API itself. Whether it took the call is unknown. */
const FAILED: Advice = [
	'useapi.net could not answer',
	'The service has a problem of its own, which usually passes.',
];

/** A refusal that is told apart by the API's words. */
interface Saying {
	status: number;
	says: RegExp;
	/** In place of the API's words, which name a path of the API. `$1` is what `says` has found. */
	message?: string;
	description?: string;
	cause?: Cause;
}

const SAYINGS: Saying[] = [
	{
		status: 400,
		says: /param channel is missing/i,
		message: 'This operation needs a channel: useapi.net has several accounts, or none',
		description: `Choose one in "Channel". Where there is none: ${CREATE_ACCOUNT}`,
		cause: 'channelMissing',
	},
	{
		status: 400,
		says: /configuration not found for channel (\w*)/i,
		message: 'Channel $1 is not registered at useapi.net',
		description: 'Choose one from the list, or register it with Account → Create or Update.',
		cause: 'unknownChannel',
	},
	{
		status: 400,
		says: /has same server value/i,
		description:
			'Each account needs a Discord server of its own. Create another server, and take a channel of it.',
	},
	{
		status: 400,
		says: /has same discord value/i,
		description: 'Each account needs a Discord account of its own. Enter the token of another one.',
	},
	{
		status: 400,
		says: /is not valid discord|\/faceswap\/account\//i,
		description:
			'Copy the IDs of the channel and of its server in Discord: with Developer Mode on, right-click, then "Copy ID".',
	},
	{
		status: 404,
		says: /configuration not found/i,
		message: 'useapi.net has no such account',
		description: CREATE_ACCOUNT,
	},
	{
		status: 404,
		says: /unable to locate/i,
		description: 'Check the ID. useapi.net keeps jobs for at least 31 days.',
	},
];

/** A redirect, from whomever it comes. */
const MOVED: Advice = [
	'useapi.net answered with a redirect, which is not followed',
	'Check the Base URL of the credential: it should be the final address, with https.',
];

/** What a status means that is not in the table. */
function otherAdvice(status: number): Advice {
	if (status < 400) return MOVED;
	return status < 500 ? REFUSED : FAILED;
}

/** What a status of the API means, with its words. */
export function adviceFor(status: number, said = ''): Advice {
	const [meaning, description, cause] = ADVICE[status] ?? otherAdvice(status);
	const saying = SAYINGS.find((one) => one.status === status && one.says.test(said));
	const [found = ''] = saying?.says.exec(said) ?? [];
	const message = said ? `${meaning}: ${said}` : `${meaning} (HTTP ${status})`;
	return [
		saying?.message ? found.replace(saying.says, saying.message) : message,
		saying?.description ?? description,
		saying?.cause ?? cause,
	];
}

/** What a proxy between n8n and the API means by some statuses. */
export const PROXY_ADVICE: Record<number, string> = {
	407: 'The proxy wants a name and a password: put both into the address in HTTPS_PROXY, as in http://name:password@proxy.example.com:3128.',
	413: 'It takes no upload of this size: use smaller pictures, or raise its limit.',
};

/** What to check where the API is not reached. */
export const CHECK_PROXY =
	"Check the Base URL of the credential, n8n's internet connection and any proxy (HTTPS_PROXY).";

/** What to check where the API was reached, and then no more. */
export const CHECK_CONNECTION = "Check n8n's internet connection and any proxy in between.";
