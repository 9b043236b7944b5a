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

import type { MultipartForm } from '../n8nCompat/multipartForm';
import { requestWithKnownCredential } from '../n8nCompat/knownCredential';
import { InputError, isHttpUrl } from '../shared/validation';
import { outcomeOf, outcomeOfError, type HttpAnswer, type Outcome } from './outcome';
import { redactSecrets, type Masking } from './redact';

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
	/** The timeout in milliseconds, 5 minutes by default. */
	timeoutMs?: number;
	/** Which secrets of the answer are not masked. */
	masking?: Masking;
	/** Whether any 2xx is a success, also one without JSON. */
	anyAnswer?: boolean;
}

/** Makes one call and returns its outcome. It throws nothing and repeats nothing. */
export type ApiClient = (call: ApiCall) => Promise<Outcome>;

/** A blocking job takes up to 20 s, and the API queues calls for a while before it says 429. */
const TIMEOUT_MS = 300_000;

/** The credential's base URL, without blanks around it and a slash at its end. */
export const baseUrlOf = ({ baseUrl }: ICredentialDataDecryptedObject): string =>
	String(baseUrl || 'https://api.useapi.net')
		.trim()
		.replace(/\/+$/, '');

/** @throws InputError for a base URL with which no call can be made */
export function requireBaseUrl(credential: ICredentialDataDecryptedObject): string {
	const url = baseUrlOf(credential);
	if (isPlain(url)) return url;
	throw new InputError(
		'The Base URL of the useapi.net credential is not a plain web address',
		'It must start with http:// or https://, and have neither a user name nor anything behind the path. Without a proxy it is https://api.useapi.net.',
	);
}

function isPlain(url: string): boolean {
	if (!isHttpUrl(url)) return false;
	const { username, password, search, hash } = new URL(url);
	return !(username || password || search || hash);
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

	return async (call) => {
		const { method, path, query, body, secrets = [], afterStop, timeoutMs, masking } = call;
		const request: IHttpRequestOptions = {
			method,
			baseURL,
			url: path,
			qs: query,
			body: body as IHttpRequestOptions['body'],
			json: true,
			timeout: timeoutMs ?? TIMEOUT_MS,
			disableFollowRedirect: true,
			ignoreHttpStatusErrors: true,
			returnFullResponse: true,
		};
		const answer = afterStop
			? sendAfterStop(context, request, token)
			: send(context, request, credential);
		const hide = (value: unknown) => redactSecrets(value, [token, ...secrets], masking);
		const outcome = await settled(answer, hide);
		return call.anyAnswer && isSuccess(outcome) ? { kind: 'answered', body: {} } : outcome;
	};
}

/** Whether the API took the call and answered without JSON. */
const isSuccess = (outcome: Outcome): boolean =>
	outcome.kind === 'unknown' && /^2/.test(outcome.problem.httpCode ?? '');

/**
 * A client for calls while no execution and no webhook call runs. n8n 2 evaluates the expressions of a
 * credential only during those, so each call brings its own header.
 */
export const outsideExecution =
	(client: ApiClient): ApiClient =>
	async (call) =>
		await client({ ...call, afterStop: true });

/** Aborts when the user presses Stop. Dropdowns and triggers have no such signal. */
const cancelSignal = (context: ApiContext) =>
	'getExecutionCancelSignal' in context ? context.getExecutionCancelSignal() : undefined;

const send = async (
	context: ApiContext,
	request: IHttpRequestOptions,
	credential: ICredentialDataDecryptedObject,
): Promise<unknown> =>
	await requestWithKnownCredential(context, 'useApiNetApi', credential, {
		...request,
		abortSignal: cancelSignal(context),
	});

/** n8n's helper aborts every authenticated call at Stop, so this call sets the header itself. */
async function sendAfterStop(
	context: ApiContext,
	request: IHttpRequestOptions,
	token: string,
): Promise<unknown> {
	const headers = { Authorization: `Bearer ${token}` };
	return await context.helpers.httpRequest({ ...request, headers });
}

/** Redacts secrets before error texts are shortened: a shortened secret would not be found. */
async function settled(
	sent: Promise<unknown>,
	hide: (value: unknown) => unknown,
): Promise<Outcome> {
	try {
		const answer = (await sent) as HttpAnswer;
		return outcomeOf({ ...answer, body: hide(answer.body) });
	} catch (error) {
		return hide(outcomeOfError(error)) as Outcome;
	}
}
