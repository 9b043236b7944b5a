import { NodeOperationError, type IHookFunctions } from 'n8n-workflow';

import {
	accountKey,
	type ApiClient,
	baseUrlOf,
	createClient,
	outsideExecution,
} from '../api/client';
import type { Problem } from '../api/outcome';
import { readReplyUrl, writeReplyUrl } from '../api/replyUrl';
import { sealed, signed, unsealed } from '../jobs/callbackSignature';
import { lastingError } from '../n8nCompat/lastingError';
import { oneAtATime } from '../shared/locks';
import {
	hostOf,
	isLocal,
	isSameAddress,
	ownerOf,
	pathOf,
	type ReplyUrlOwner,
} from './callbackAddress';
import { registration, replaceExisting } from './description';
import { parametersOf, settingsOf, type Settings } from './settings';
import { startTestRun } from './testRun';
import {
	listening,
	openLedger,
	registeredBy,
	type Listening,
	type Registered,
	type TriggerLedger,
} from './triggerLedger';

/** One call of n8n to register, or to give back what was registered. */
interface Registration {
	context: IHookFunctions;
	client: ApiClient;
	token: string;
	baseUrl: string;
	/** See accountKey. */
	account: string;
	settings: Settings;
	path: string;
	/** Where the trigger listens, with its secret: in a test run at another address than when it is active. */
	url: string;
	/** When to give up, by `performance.now()`. */
	until: number;
}

/** What a trigger listens for: its active workflow, or a test run. */
type Kind = 'active' | 'test';

/** How long one call of n8n may take, in milliseconds. n8n 2 gives up an activation after 84 seconds. */
const CHECK_MS = 10_000;
const CHANGE_MS = 20_000;

/** The API takes no longer reply URL. */
const MAX_URL_LENGTH = 1024;

const WAY = registration.displayName;

const NEXT_STEPS = `set "${WAY}" to Polling, which needs no reply URL, or to Manual and hand this trigger's URL to single jobs; or turn on "${replaceExisting.displayName}" in the options to take it over`;

const ONE_FOR_ALL =
	'A useapi.net account has one reply URL for all its services and workflows. One that is replaced is put back when this workflow is deactivated.';

/**
 * Whether nothing is left to register. If the API cannot tell, what was registered last is trusted:
 * n8n may start while the API is down.
 * @throws when the API could not call this n8n, or when it cannot tell and nothing is known
 */
export async function isRegistered(context: IHookFunctions): Promise<boolean> {
	const isTest = kindOf(context) === 'test';
	const here = isTest ? undefined : listen(context, performance.now());
	const one = await registrationOf(context, CHECK_MS);
	const { registration: way } = one.settings;
	if (way !== 'account') return way === 'manual' || !isTest;
	assertReachable(one);
	return here !== undefined && (await isSet(one, here));
}

async function isSet(one: Registration, here: Listening): Promise<boolean> {
	const isAsLeft = here.registered?.url === here.url;
	const current = await readReplyUrl(one.client, one.until);
	if ('url' in current) {
		const isIts = current.url === one.url;
		// Of an activation that failed after that, n8n has stored nothing.
		if (isIts && !isAsLeft) remember(one, here, here.registered?.replaced);
		return isIts;
	}
	if (!isAsLeft) throw failed(one.context, current.problem);
	one.context.logger.warn('The reply URL could not be checked and is taken to be as it was left', {
		problem: current.problem.message,
	});
	return true;
}

/**
 * Makes the trigger the reply URL of the account.
 * @throws when another application or trigger has it and the user does not want it replaced, or when the API does
 * not take it
 */
export async function register(context: IHookFunctions): Promise<boolean> {
	const here = listen(context);
	const one = await registrationOf(context, CHANGE_MS);
	const { account, client, settings, url } = one;
	if (settings.registration === 'polling') {
		const options = { account, client: outsideExecution(client), settings, url };
		here.stop = startTestRun(context, options);
	} else {
		await changeInTurn(account, async () => await take(one, here));
	}
	return true;
}

/**
 * Gives the reply URL back if this workflow has registered it and it is still this trigger's. n8n 1 also calls this
 * for a copy of a workflow that it has refused to activate. What fails is logged: an n8n that cannot deregister must
 * still be able to deactivate.
 * @returns whether nothing is left behind
 */
export async function unregister(context: IHookFunctions): Promise<boolean> {
	const [workflow, url] = [context.getWorkflow().id, addressOf(context)];
	const here = withLedger(context, (ledger) => {
		const kind = (['active', 'test'] as const).find(
			(one) => ledger[one]?.workflow === workflow && ledger[one]?.url === url,
		);
		const found = kind && ledger[kind];
		if (kind) ledger[kind] = undefined;
		return found;
	});
	here?.stop?.();
	const registered = here ? here.registered : registeredBy(context);
	return !registered || (await giveBack(context, registered));
}

/** n8n deactivates a test run in another mode than it activates it. */
const kindOf = (context: IHookFunctions): Kind =>
	context.getMode() === 'manual' ? 'test' : 'active';

const addressOf = (context: IHookFunctions): string => context.getNodeWebhookUrl('default') ?? '';

function withLedger<R>(context: IHookFunctions, work: (ledger: TriggerLedger) => R): R {
	const ledger = openLedger(pathOf(context), context.getWorkflowStaticData('node'));
	const result = work(ledger);
	ledger.release();
	return result;
}

/**
 * Notes where the trigger listens from now on, with what it has registered before.
 * @param began when its activation began, by `performance.now()`, where it begins with this call
 */
function listen(context: IHookFunctions, began?: number): Listening {
	const { id: workflow = '', name } = context.getWorkflow();
	return withLedger(context, (ledger) => {
		const kind = kindOf(context);
		const before = ledger[kind]?.workflow === workflow ? ledger[kind] : undefined;
		before?.stop?.();
		const registered = before?.registered ?? registeredBy(context);
		const since = began ?? before?.since ?? performance.now();
		const here = { workflow, name, url: addressOf(context), registered, since };
		ledger[kind] = here;
		return here;
	});
}

async function registrationOf(context: IHookFunctions, ms: number): Promise<Registration> {
	const until = performance.now() + ms;
	const credential = await context.getCredentials('useApiNetApi');
	const token = String(credential.apiToken ?? '');
	const [baseUrl, path] = [baseUrlOf(credential), pathOf(context)];
	return {
		context,
		client: await createClient(context, credential),
		token,
		baseUrl,
		account: accountKey(baseUrl, token),
		settings: settingsOf(parametersOf(context)),
		path,
		url: signed(addressOf(context), token, path),
		until,
	};
}

/** Reads, decides and writes once all changes of the account's reply URL that were begun before have ended. */
const changeInTurn = async <R>(account: string, change: () => Promise<R>): Promise<R> =>
	await oneAtATime(`reply URL ${account}`, change);

async function take(one: Registration, here: Listening): Promise<void> {
	const { client, context, path, settings, until, url } = one;
	const current = await readReplyUrl(client, until);
	if ('problem' in current) throw failed(context, current.problem);
	const owner = ownerOf(current.url, { url, path, registered: here.registered?.url });
	const other = listening().find(({ url: its }) => isSameAddress(its, current.url));
	// The user did not choose which of two triggers that are activated at the same moment replaces the other.
	const isAtOnce = (other?.registeredAt ?? 0) > here.since;
	const mayReplace = settings.replaceExisting && !isAtOnce;
	if (owner !== 'nobody' && owner !== 'this' && !mayReplace) {
		throw taken(context, owner, current.url ?? '', other);
	}
	remember(one, here, toPutBack(one, here, owner, current.url));
	const problem = await writeReplyUrl(client, url, until);
	if (problem) throw failed(context, problem);
	here.registeredAt = performance.now();
}

/**
 * What is to be put back, encrypted. Where the trigger replaces itself, or gets back what another trigger has taken
 * from it, that is what it has replaced before.
 */
function toPutBack(
	{ context, token, url }: Registration,
	{ registered }: Listening,
	owner: ReplyUrlOwner,
	current: string | undefined,
): string | undefined {
	if (!current) return undefined;
	const isItself =
		owner === 'this' && (kindOf(context) === 'active' || isSameAddress(current, url));
	if (!isItself && !(owner === 'otherTrigger' && registered)) return sealed(current, token);
	const before = registered ?? withLedger(context, ({ test }) => test?.registered);
	return before?.replaced;
}

/** Notes what is registered, before it is. */
function remember({ context }: Registration, here: Listening, replaced: string | undefined): void {
	const { url, workflow } = here;
	here.registered = { workflow, url, ...(replaced && { replaced }) };
	const isActive = kindOf(context) === 'active';
	if (isActive) context.getWorkflowStaticData('node').registration = here.registered;
}

async function giveBack(context: IHookFunctions, registered: Registered): Promise<boolean> {
	const leftBehind = (problem: string): false => {
		context.logger.warn('The reply URL of the useapi.net account could not be given back', {
			address: registered.url,
			problem,
		});
		return false;
	};
	if (!(await hasToken(context))) return leftBehind('the credential has no API token');
	const { account, client, token, until } = await registrationOf(context, CHANGE_MS);
	return await changeInTurn(account, async () => {
		const current = await readReplyUrl(client, until);
		if ('problem' in current) return leftBehind(current.problem.message);
		if (isSameAddress(current.url, registered.url)) {
			const problem = await writeReplyUrl(client, formerUrl(context, registered, token), until);
			if (problem) return leftBehind(problem.message);
		}
		passOn(registered, token);
		const memory = context.getWorkflowStaticData('node');
		if (memory.registration) delete memory.registration;
		return true;
	});
}

/** n8n throws where the credential is gone. */
const hasToken = async (context: IHookFunctions): Promise<boolean> =>
	await context.getCredentials('useApiNetApi').then(
		({ apiToken }) => Boolean(apiToken),
		() => false,
	);

/** The reply URL to put back. With another token it cannot be read any more. */
function formerUrl(
	context: IHookFunctions,
	{ replaced }: Registered,
	token: string,
): string | undefined {
	const url = replaced && unsealed(replaced, token);
	if (replaced && !url) {
		context.logger.warn(
			'The former reply URL of the useapi.net account could not be put back: the API token has changed since it was replaced. Set it again at useapi.net.',
		);
	}
	return url || undefined;
}

/** What a trigger has replaced that ends is put back by those that have replaced it. */
function passOn({ url, replaced }: Registered, token: string): void {
	for (const { registered } of listening()) {
		const itsReplaced = registered?.replaced && unsealed(registered.replaced, token);
		if (registered && isSameAddress(itsReplaced, url)) registered.replaced = replaced;
	}
}

function assertReachable({ baseUrl, context, url }: Registration): void {
	const node = context.getNode();
	if (url.length > MAX_URL_LENGTH) {
		const message = `The address of this trigger has ${url.length} characters. The API takes at most ${MAX_URL_LENGTH}. Shorten the public address of n8n.`;
		throw lastingError(node, message);
	}
	if (isLocal(url) && !isLocal(baseUrl)) {
		const message = `useapi.net cannot reach this n8n at ${hostOf(url)}. Give n8n a public address in the environment variable WEBHOOK_URL, or set "${WAY}" to Polling.`;
		throw lastingError(node, message);
	}
}

/**
 * The error of an activation. n8n shows one text of it: version 1 the description of a NodeApiError, version
 * 2 the message. So the message also says what to do.
 */
function failed(context: IHookFunctions, { cause, description, message }: Problem): Error {
	const text = `${message}. ${description}`;
	if (cause === 'noAccess') return lastingError(context.getNode(), text);
	// Set afterwards, as the constructor replaces any message that names a code such as ECONNREFUSED.
	return Object.assign(new NodeOperationError(context.getNode(), message), { message: text });
}

function taken(
	context: IHookFunctions,
	owner: ReplyUrlOwner,
	url: string,
	other: Listening | undefined,
): Error {
	const workflow = other?.name ? ` (workflow "${other.name}")` : '';
	const who: Partial<Record<ReplyUrlOwner, string>> = {
		otherTrigger: `Another InsightFaceSwap Trigger of this n8n${workflow}`,
		copy: `A copy of this trigger at ${hostOf(url)}`,
	};
	const message = `${who[owner] ?? hostOf(url)} is already the reply URL of this useapi.net account: ${NEXT_STEPS}`;
	return lastingError(context.getNode(), message, ONE_FOR_ALL);
}
