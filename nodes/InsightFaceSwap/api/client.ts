import { createHash } from 'crypto';
import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	IExecuteFunctions,
	IHookFunctions,
	IHttpRequestMethods,
	IHttpRequestOptions,
	ILoadOptionsFunctions,
	ITriggerFunctions,
	IWebhookFunctions,
} from 'n8n-workflow';

import { requestWithKnownCredential } from '../n8nCompat/requests';
import { MultipartForm } from '../n8nCompat/multipartForm';
import { Deadline, transferMs } from '../shared/cancellation';
import { InputError, isHttpUrl } from '../shared/validation';
import {
	outcomeOf,
	outcomeOfError,
	parsed,
	TOO_LATE,
	type HttpAnswer,
	type Outcome,
} from './outcome';
import { redactSecrets } from '../shared/secrets';

export type ApiContext =
	| IExecuteFunctions
	| IHookFunctions
	| ILoadOptionsFunctions
	| ITriggerFunctions
	| IWebhookFunctions;

/** One call to the API, below the credential's base URL. */
export interface ApiCall {
	method: IHttpRequestMethods;
	path: string;
	query?: IDataObject;
	body?: MultipartForm | IDataObject;
	/** Secrets within `body`, to be redacted in the answer. */
	secrets?: string[];
	/** Whether the call is made even after Stop, which aborts every other call. */
	afterStop?: true;
	/**
	 * How long the call may take with all of its answer, in milliseconds; 20 seconds by default for GET, otherwise
	 * 5 minutes. Files may take what a slow line needs in addition.
	 */
	timeoutMs?: number;
	/** Whether reply URLs in the answer keep their secret; only the trigger's registration needs it. */
	wholeReplyUrls?: true;
	/** Whether any 2xx is a success, also one without JSON. */
	anyAnswer?: boolean;
}

/** Makes one call and returns its outcome. It throws nothing and repeats nothing. */
export type ApiClient = (call: ApiCall) => Promise<Outcome>;

const READ_TIMEOUT_MS = 20_000;

/** A blocking job takes up to 20 s, and the API may queue a call before it answers 429. */
const TIMEOUT_MS = 300_000;

const timeoutOf = ({ method, timeoutMs }: ApiCall): number =>
	timeoutMs ?? (method === 'GET' ? READ_TIMEOUT_MS : TIMEOUT_MS);

/** The credential's base URL, without blanks around it and a slash at its end. */
export const baseUrlOf = ({ baseUrl }: ICredentialDataDecryptedObject): string =>
	String(baseUrl || 'https://api.useapi.net')
		.trim()
		.replace(/\/+$/, '');

/** @throws InputError for a base URL with which no call can be made */
export function requireBaseUrl(credential: ICredentialDataDecryptedObject): string {
	const url = baseUrlOf(credential);
	if (isHttpUrl(url) && !/[?#@]/.test(url)) return url;
	throw new InputError(
		'The Base URL of the useapi.net credential is not a plain web address',
		'It must start with http:// or https://, and have neither a user name nor anything behind the path. Without a proxy it is https://api.useapi.net.',
	);
}

/**
 * Makes a client with the node's credential, which is read once. It follows no redirects: the HTTP
 * stack would keep every upload in memory, and could submit a job twice.
 * @param known the credential, if it has been read already
 */
export async function createClient(
	context: ApiContext,
	known?: ICredentialDataDecryptedObject,
): Promise<ApiClient> {
	const credential =
		known ?? (await context.getCredentials<ICredentialDataDecryptedObject>('useApiNetApi'));
	const baseURL = baseUrlOf(credential);
	const token = String(credential.apiToken);

	const headers = { Authorization: `Bearer ${token}` };
	const send = async (request: IHttpRequestOptions, signal: AbortSignal): Promise<unknown> =>
		await requestWithKnownCredential(context, 'useApiNetApi', credential, request, signal);
	/** Without n8n's authentication, which would evaluate the credential's expressions. */
	const sendAfterStop = async (request: IHttpRequestOptions, abortSignal: AbortSignal) =>
		(await context.helpers.httpRequest({ ...request, headers, abortSignal })) as unknown;

	return async ({ afterStop, anyAnswer, wholeReplyUrls, secrets = [], ...call }) => {
		const { body } = call;
		const limitMs = timeoutOf(call) + (body instanceof MultipartForm ? transferMs(body.size) : 0);
		const deadline = new Deadline(() => limitMs, afterStop ? undefined : stopOf(context));
		const hide = (value: unknown) => redactSecrets(value, [token, ...secrets], wholeReplyUrls);
		const request = requestOf(call, baseURL);
		try {
			const sent = (afterStop ? sendAfterStop : send)(request, deadline.signal);
			const answer = (await sent) as StreamedAnswer;
			return outcomeOf({ ...answer, body: hide(await bodyOf(answer, deadline)) }, anyAnswer);
		} catch (error) {
			// Secrets go before error texts are shortened: a shortened secret would not be found.
			return hide(
				damageOf(body) ?? (deadline.isOver ? TOO_LATE : outcomeOfError(error)),
			) as Outcome;
		} finally {
			deadline.end();
		}
	};
}

/** A form that was not sent to its end, because a file could not be read to its own, was not taken. */
function damageOf(body: ApiCall['body']): Outcome | undefined {
	const files = body instanceof MultipartForm ? body.files() : [];
	const damage = files.map(([, file]) => file.damage).find(Boolean);
	if (!damage) return undefined;
	const { message, description } = damage;
	return { kind: 'refused', problem: { message, description } };
}

const requestOf = (call: ApiCall, baseURL: string): IHttpRequestOptions => ({
	method: call.method,
	baseURL,
	url: call.path,
	qs: call.query,
	body: call.body as IHttpRequestOptions['body'],
	json: true,
	encoding: 'stream',
	timeout: timeoutOf(call),
	disableFollowRedirect: true,
	ignoreHttpStatusErrors: true,
	returnFullResponse: true,
});

/** Of a refusal whose connection breaks, the status is known. A body that is too large is read no further. */
async function bodyOf({ statusCode, body }: StreamedAnswer, deadline: Deadline): Promise<unknown> {
	const reading = readBody(body);
	const read = await (statusCode < 300 ? reading : reading.catch(() => undefined));
	if (read === undefined) deadline.abort();
	return read;
}

/**
 * A client for calls while no execution and no webhook call runs. n8n 2 evaluates the expressions of a
 * credential only during those, so each call brings its own header.
 */
export const outsideExecution =
	(client: ApiClient): ApiClient =>
	async (call) =>
		await client({ ...call, afterStop: true });

/** Aborts when the user presses Stop. Dropdowns and triggers have no such signal. */
const stopOf = (context: ApiContext) =>
	'getExecutionCancelSignal' in context ? context.getExecutionCancelSignal() : undefined;

type StreamedAnswer = HttpAnswer & { body: AsyncIterable<Uint8Array> };

/** Names an account without telling its token. */
export const accountKey = (baseUrl: string, token: string): string =>
	createHash('sha256').update(`${baseUrl}\n${token}`).digest('hex');

/** Names an account by what stays when its token is rotated: the number of its user; a hash of any other token. */
export const ownerOf = (token: string): string =>
	/^\s*(user:\d+)-/.exec(token)?.[1] ?? createHash('sha256').update(token).digest('hex');

/** The most bytes of an answer that are read, unpacked. A list of a thousand jobs has some three million. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Reads the body of an answer.
 * @returns parsed JSON; the text where it is none; undefined where it has more than 16 MB
 * @throws where the connection breaks
 */
async function readBody(body: AsyncIterable<Uint8Array>): Promise<unknown> {
	const chunks: Uint8Array[] = [];
	let size = 0;
	for await (const chunk of body) {
		size += chunk.byteLength;
		if (size > MAX_BYTES) return undefined;
		chunks.push(chunk);
	}
	return parsed(
		Buffer.concat(chunks)
			.toString()
			.replace(/^\uFEFF/, ''),
	);
}
