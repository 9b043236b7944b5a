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
import {
	sealed,
	signed,
	unsealed,
	hostOf,
	isLocal,
	isOwn,
	isSameAddress,
	pathOf,
} from '../jobs/callbackAddress';
import { lastingError } from '../n8nCompat/webhooks';
import { requestInTime } from '../n8nCompat/requests';
import { oneAtATime } from '../shared/locks';
import { registration, replaceExisting } from './description';
import { parametersOf, settingsOf, mayWant, wants, type Settings } from './settings';
import {
	ledgerHere,
	listening,
	openLedger,
	registeredBy,
	type Listening,
	type Registered,
	type TriggerLedger,
} from './triggerLedger';
import type { Job } from '../api/job';
import { accountJobs } from '../jobs/accountJobs';

/** The account of the trigger's credential, during one call of n8n. */
interface Account {
	client: ApiClient;
	token: string;
	baseUrl: string;
	/** See accountKey. */
	key: string;
	/** When to give up, by `performance.now()`. */
	until: number;
}

/** How long one call of n8n may take, in milliseconds. n8n 2 gives up an activation after 84 seconds. */
const LIMIT_MS = 20_000;

/** The API takes no longer reply URL. */
const MAX_URL_LENGTH = 1024;

const WAY = registration.displayName;

const NEXT_STEPS = `set "${WAY}" to Polling, which needs no reply URL, or to Manual and hand this trigger's URL to single jobs; or turn on "${replaceExisting.displayName}" in the options to take it over`;

const ONE_FOR_ALL =
	'A useapi.net account has one reply URL for all its services and workflows. One that is replaced is put back when this workflow is deactivated.';

/**
 * Begins to listen, and makes the trigger the reply URL of the account where the user wants that. n8n calls this on
 * activation, on its start, and for a test run.
 * @throws when the API could not call this n8n, when another application or trigger has the reply URL and the user
 * does not want it replaced, or when the API does not take it
 */
export async function register(context: IHookFunctions): Promise<boolean> {
	const settings = settingsOf(parametersOf(context));
	const here = listen(context);
	const account = await accountOf(context);
	const url = signed(here.url, account.token, pathOf(context));
	if (settings.registration === 'account') {
		assertReachable(context, account.baseUrl, url);
		await inTurn(account, async () => {
			await take(context, { account, here, url, mayReplace: settings.replaceExisting });
		});
	} else if (settings.registration === 'polling' && isTest(context)) {
		const client = outsideExecution(account.client);
		here.stop = startTestRun(context, { account: account.key, client, settings, url });
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

/** n8n ends a test run in another mode than it begins it. */
const isTest = (context: IHookFunctions): boolean => context.getMode() === 'manual';

const addressOf = (context: IHookFunctions): string => context.getNodeWebhookUrl('default') ?? '';

function withLedger<R>(context: IHookFunctions, work: (ledger: TriggerLedger) => R): R {
	const ledger = openLedger(pathOf(context), context.getWorkflowStaticData('node'));
	const result = work(ledger);
	ledger.release();
	return result;
}

/** Notes where the trigger listens from now on, with what it has registered before, or its test run. */
function listen(context: IHookFunctions): Listening {
	const { id: workflow = '', name } = context.getWorkflow();
	return withLedger(context, (ledger) => {
		const kind = isTest(context) ? 'test' : 'active';
		const isIts = (one?: Listening) => one?.workflow === workflow;
		const before = isIts(ledger[kind]) ? ledger[kind] : undefined;
		before?.stop?.();
		const ofTest = isIts(ledger.test) ? ledger.test?.registered : undefined;
		const registered = before?.registered ?? registeredBy(context) ?? ofTest;
		const here = { workflow, name, url: addressOf(context), registered, since: performance.now() };
		ledger[kind] = here;
		return here;
	});
}

async function accountOf(context: IHookFunctions): Promise<Account> {
	const until = performance.now() + LIMIT_MS;
	const credential = await context.getCredentials('useApiNetApi');
	const token = String(credential.apiToken ?? '');
	const baseUrl = baseUrlOf(credential);
	const client = await createClient(context, credential);
	return { client, token, baseUrl, key: accountKey(baseUrl, token), until };
}

/** Reads, decides and writes once all changes of the account's reply URL that were begun before have ended. */
const inTurn = async <R>({ key }: Account, change: () => Promise<R>): Promise<R> =>
	await oneAtATime(`reply URL ${key}`, change);

/** @param url where the trigger listens, with its secret */
async function take(
	context: IHookFunctions,
	to: { account: Account; here: Listening; url: string; mayReplace: boolean },
): Promise<void> {
	const { account, here, url } = to;
	const { client, token, until } = account;
	const current = await readReplyUrl(client, until);
	if ('problem' in current) return assertAsLeft(context, here, current.problem);
	const former = current.url;
	if (former === url && isAsLeft(here)) return;
	const registered = here.registered?.url;
	const isIts = former !== undefined && isOwn(former, { url, path: pathOf(context), registered });
	const other = listening().find((one) => isSameAddress(one.url, former));
	// The user did not choose which of two triggers that are activated at the same moment replaces the other.
	const isAtOnce = (other?.registeredAt ?? 0) > here.since;
	if (former && !isIts && (isAtOnce || !to.mayReplace)) throw taken(context, former, other);
	// A test run of an active workflow puts back the URL of that.
	const isItself = isIts && (!isTest(context) || isSameAddress(former, url));
	remember(context, here, isItself ? here.registered?.replaced : former && sealed(former, token));
	const problem = former === url ? undefined : await writeReplyUrl(client, url, until);
	if (problem) throw failed(context, problem);
	here.registeredAt = performance.now();
}

const isAsLeft = ({ registered, url }: Listening): boolean => registered?.url === url;

/** n8n may start while the API is down. */
function assertAsLeft(context: IHookFunctions, here: Listening, problem: Problem): void {
	if (!isAsLeft(here)) throw failed(context, problem);
	context.logger.warn('The reply URL could not be checked and is taken to be as it was left', {
		problem: problem.message,
	});
}

/**
 * Notes what is registered, before it is.
 * @param replaced what is to be put back, encrypted
 */
function remember(context: IHookFunctions, here: Listening, replaced: string | undefined): void {
	const { url, workflow } = here;
	here.registered = { workflow, url, ...(replaced && { replaced }) };
	if (!isTest(context)) context.getWorkflowStaticData('node').registration = here.registered;
}

async function giveBack(context: IHookFunctions, registered: Registered): Promise<boolean> {
	// n8n throws where the credential is gone.
	const account = await accountOf(context).catch(() => undefined);
	const problem = account
		? await inTurn(account, async () => await putBack(context, account, registered))
		: 'the credential cannot be read';
	const memory = context.getWorkflowStaticData('node');
	if (!problem && memory.registration) delete memory.registration;
	if (problem) {
		context.logger.warn('The reply URL of the useapi.net account could not be given back', {
			address: registered.url,
			problem,
		});
	}
	return !problem;
}

/** @returns why it cannot be put back */
async function putBack(
	context: IHookFunctions,
	{ client, token, until }: Account,
	registered: Registered,
): Promise<string | undefined> {
	const current = await readReplyUrl(client, until);
	if ('problem' in current) return current.problem.message;
	if (!isSameAddress(current.url, registered.url)) return passOn(context, registered, token);
	const problem = await writeReplyUrl(client, formerUrl(context, registered, token), until);
	return problem?.message;
}

/** A test run that has the reply URL from this trigger gives it back to whom this trigger has it from. */
function passOn(context: IHookFunctions, { url, replaced }: Registered, token: string): undefined {
	const ofTest = ledgerHere(pathOf(context))?.test?.registered;
	const former = ofTest?.replaced && unsealed(ofTest.replaced, token);
	if (ofTest && isSameAddress(former, url)) ofTest.replaced = replaced;
}

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

function assertReachable(context: IHookFunctions, baseUrl: string, url: string): void {
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

/** @param url the reply URL of the account */
function taken(context: IHookFunctions, url: string, other: Listening | undefined): Error {
	const who = other
		? `Another InsightFaceSwap Trigger of this n8n (workflow "${other.name ?? other.workflow}")`
		: hostOf(url);
	const message = `${who} is already the reply URL of this useapi.net account: ${NEXT_STEPS}`;
	return lastingError(context.getNode(), message, ONE_FOR_ALL);
}

/** n8n ends a test run after two minutes; in several processes, perhaps in another one than this. */
const MAX_MS = 600_000;

/** How long to wait for n8n's answer, in milliseconds. */
const TIMEOUT_MS = 10_000;

/**
 * Gives the next job that ends to a test run of the editor, which waits for a call to its webhook. n8n
 * does not run the trigger function of a node that has a webhook.
 * @param options `account`: see accountKey; `url`: the address of the test run
 * @returns ends the search
 */
function startTestRun(
	context: IHookFunctions,
	options: { account: string; client: ApiClient; settings: Settings; url: string },
): () => void {
	const { client, settings, url } = options;
	const jobs = accountJobs(options.account);
	const ends = new Map<string, () => void>();
	let isOver = false;
	const stop = () => {
		isOver = true;
		for (const end of ends.values()) end();
	};
	/** If n8n does not take the job, the next one is given to it. */
	const give = async (job: Job) => {
		const request = { method: 'POST', url, body: job, json: true, timeout: TIMEOUT_MS } as const;
		try {
			await requestInTime(context, request);
			stop();
		} catch (error) {
			context.logger.warn('n8n did not take the job that the test run waits for', {
				error: error instanceof Error ? error.message : String(error),
			});
		}
	};
	const watch = (job: Job) => {
		const { jobid } = job;
		if (isOver || !jobid || ends.has(jobid) || !mayWant(settings, job)) return;
		const onNews = (news: Job | 'absent') => {
			if (!isOver && news !== 'absent' && wants(settings, news)) void give(news);
		};
		ends.set(jobid, jobs.watch({ jobid, client, onNews }));
	};
	const failed = ({ message: problem }: { message: string }) =>
		context.logger.warn('The running jobs could not be listed', { problem });
	ends.set('', jobs.observe({ client, onJobs: (all) => all.forEach(watch), failed }));
	AbortSignal.timeout(MAX_MS).addEventListener('abort', stop);
	void jobs.running(client);
	return stop;
}
