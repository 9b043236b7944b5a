/** The calls that are compared, as data. Source: useapi.net, InsightFaceSwap API v1 and account API v2. */
import { endpoints } from '../nodes/InsightFaceSwap/api/endpoints';

/** What a call can refer to. */
export interface Facts {
	/** The configured channel that runs all jobs; unset when no account is configured. */
	channel: string | undefined;
	/** The identity that was saved: at most 10 letters and digits; unset when none was saved. */
	idName: string | undefined;
	/** Where callbacks go. */
	replyUrl: string;
	/** The message of the first swap's result. */
	messageId: string | undefined;
	source: Blob;
	target: Blob;
}

export interface Request {
	method: 'GET' | 'POST' | 'DELETE';
	/** Below the base URL, with its query. */
	path: string;
	form?: Record<string, string | Blob>;
	json?: object;
	/** Sent instead of the token; `none` sends no header. */
	authorization?: string;
}

export interface Call {
	name: string;
	/** Credits that it takes at most, as documented; unset for a call that makes no job. */
	credits?: number;
	/** No page says what the API answers: the answer is told, not compared. */
	isOpen?: boolean;
	/** The request; undefined when a fact that it needs is not known. */
	request(facts: Facts): Request | undefined;
}

/** Discord's IDs hold their time: this one is of 2015, so no channel of today has it. */
const NO_CHANNEL = '10000000000000001';
/** Nobody listens there. */
export const NOBODY = 'https://conformance.invalid/';
const NO_JOB = '0'.repeat(32);
const TOO_LONG = 'x'.repeat(1025);

const get = (name: string, path: string): Call => ({
	name,
	request: () => ({ method: 'GET', path }),
});

export const READ_OWNER = get('GET /v2/account', endpoints.subscription);

/** Calls that change nothing. */
export const READS: readonly Call[] = [
	READ_OWNER,
	get('GET /account', endpoints.accounts),
	{
		name: 'GET /account/{channel}',
		request: ({ channel }) =>
			channel ? { method: 'GET', path: endpoints.account(channel) } : undefined,
	},
	get('GET /jobs', endpoints.runningJobs),
];

/**
 * A submission that lacks a required field. It also names a channel that nobody has configured, so it
 * could not run even if the API did not want the field.
 */
const incomplete = (
	what: string,
	path: string,
	form: Record<string, string> = {},
	method: Request['method'] = 'POST',
): Call => ({
	name: `${method} ${path.replace('/v1/faceswap', '')} ${what}`,
	request: () => ({ method, path, form: { channel: NO_CHANNEL, ...form } }),
});

/** Calls that the API refuses, and that certainly cost nothing. */
export const REFUSALS: readonly Call[] = [
	{
		name: 'GET /account without a token',
		request: () => ({ method: 'GET', path: endpoints.accounts, authorization: 'none' }),
	},
	{
		name: 'GET /account with a wrong token',
		request: () => ({
			method: 'GET',
			path: endpoints.accounts,
			authorization: 'Bearer user:0-conformance',
		}),
	},
	get('GET /account/{channel} of an unknown channel', endpoints.account(NO_CHANNEL)),
	get('GET /jobs/ without a job ID', endpoints.job),
	get('GET /jobs/ of an unknown job', `${endpoints.job}?jobid=${NO_JOB}`),
	get('GET /jobs/cancel/ of an unknown job', `${endpoints.cancelJob}?jobid=${NO_JOB}`),
	incomplete('with an unknown channel', endpoints.listIdentities),
	incomplete('with a long reference', endpoints.listIdentities, { replyRef: TOO_LONG }),
	incomplete('with a long reply URL', endpoints.listIdentities, { replyUrl: TOO_LONG }),
	incomplete('without a name', endpoints.saveIdentity),
	incomplete('without a picture', endpoints.saveIdentity, { idname: 'me' }),
	incomplete('without a name', endpoints.setDefaultIdentity),
	incomplete('without a name', endpoints.deleteIdentity, {}, 'DELETE'),
	incomplete('without a name', endpoints.swapIdentity),
	incomplete('without a picture', endpoints.swapIdentity, { idname: 'me' }),
	incomplete('without pictures', endpoints.swapImages),
	incomplete('without a message', endpoints.swapMessage),
	incomplete('without pictures', endpoints.picsi),
	incomplete('without a prompt', endpoints.changeBackground),
	incomplete('without a picture', endpoints.changeBackground, {
		a_background_photo_of: 'sunny beach',
	}),
	incomplete('without a prompt', endpoints.headshot),
];

/** @param replyUrl the account's default; an empty one may remove it */
export const setReplyUrl = (name: string, replyUrl: string): Call => ({
	name,
	isOpen: true,
	request: () => ({ method: 'POST', path: endpoints.subscription, json: { replyUrl } }),
});

const ofJob = (path: string, jobId: string) => `${path}?jobid=${encodeURIComponent(jobId)}`;

export const pathOfJob = (jobId: string) => ofJob(endpoints.job, jobId);

export const readJob = (name: string, jobId: string) => get(name, pathOfJob(jobId));

export const cancelEndedJob = (name: string, jobId: string): Call => ({
	...get(name, ofJob(endpoints.cancelJob, jobId)),
	isOpen: true,
});

type Fields = (facts: Facts) => Record<string, string | Blob | undefined>;

/** A job, on the channel of all jobs. */
const job = (
	path: string,
	credits: number,
	fields: Fields,
	method: Request['method'] = 'POST',
): Call => ({
	name: `${method} ${path.replace('/v1/faceswap', '')}`,
	credits,
	request: (facts) => {
		const { channel, replyUrl } = facts;
		const form = { channel, replyUrl, replyRef: 'conformance', ...fields(facts) };
		return isComplete(form) ? { method, path, form } : undefined;
	},
});

const isComplete = (
	form: Record<string, string | Blob | undefined>,
): form is Record<string, string | Blob> =>
	Object.values(form).every((value) => value !== undefined);

/** Reads names; costs nothing and changes nothing. */
export const LIST_IDENTITIES = job(endpoints.listIdentities, 0, () => ({}));

export const SAVE_IDENTITY = job(endpoints.saveIdentity, 0, ({ idName, source }) => ({
	idname: idName,
	image: source,
}));

export const DELETE_IDENTITY = job(
	endpoints.deleteIdentity,
	0,
	({ idName }) => ({ idname: idName }),
	'DELETE',
);

/** Makes a name the default identity again, as saving an identity makes that one the default. */
export const setDefault = (name: string): Call =>
	job(endpoints.setDefaultIdentity, 0, () => ({ idname: name }));

export const PICSI = job(endpoints.picsi, 1, ({ source, target }) => ({
	source_image: source,
	target_image_gif_or_video: target,
}));

/** Jobs that cost credits, the most telling ones first. The identity is saved before, and deleted after. */
export const PAID_JOBS: readonly Call[] = [
	PICSI,
	job(endpoints.swapIdentity, 1, ({ idName, target }) => ({ idname: idName, image: target })),
	job(endpoints.changeBackground, 4, ({ source }) => ({
		a_background_photo_of: 'sunny beach',
		image: source,
	})),
	job(endpoints.swapMessage, 1, ({ messageId }) => ({ targetMessageId: messageId })),
	// Without a name it would replace a face that is saved as `id`.
	job(endpoints.swapImages, 1, ({ idName, source, target }) => ({
		saveid_idname: idName,
		saveid_image: source,
		swapid_image: target,
	})),
	job(endpoints.headshot, 4, ({ idName }) => ({ prompt: idName && `${idName}, a mad king` })),
];
