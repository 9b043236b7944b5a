import { NodeOperationError, type IDataObject, type IHookFunctions } from 'n8n-workflow';

import { unsigned } from '../jobs/callbackSignature';
import { baseUrlOf, createClient, outsideExecution, type ApiClient } from '../api/client';
import { accountKey } from '../api/accountKey';
import type { Problem } from '../api/outcome';
import { readReplyUrl, writeReplyUrl } from '../api/replyUrl';
import {
	addressHere,
	forgetAddress,
	ownerOf,
	hostOf,
	isLocal,
	isSameAddress,
	keepAddress,
	webhookAddressOf,
	type ReplyUrlOwner,
	type WebhookAddress,
} from './callbackAddress';
import { formerUrlHere, keepFormerUrl, passOnFormerUrl } from './formerUrl';
import { sealed, unsealed } from './sealedText';
import { endTestRun, startTestRun } from './testRun';
import { parametersOf, settingsOf, type Settings } from './settings';

/** What is kept from activation to deactivation, with the workflow. */
interface StoredRegistration extends IDataObject {
	/** The address that was registered, without its secret. */
	registeredAt?: string;
	/** The reply URL that was replaced, to be put back; encrypted, as it may hold another service's key. */
	previousUrl?: string;
}

interface Registration {
	client: ApiClient;
	address: WebhookAddress;
	memory: StoredRegistration;
	settings: Settings;
	/** The API's address. */
	baseUrl: string;
	token: string;
}

/** The API takes no longer reply URL. */
const MAX_URL_LENGTH = 1024;

const NEXT_STEPS =
	'turn on "Replace Existing" in the options to take it over, or set Registration to "Manual" and hand this trigger\'s URL to single jobs';

/**
 * Whether nothing is left to register. If the API cannot tell, what was registered last is trusted:
 * n8n may start while the API is down.
 * @throws NodeOperationError when the API could not call this n8n, or when it cannot tell and nothing is
 * known
 */
export async function isRegistered(context: IHookFunctions): Promise<boolean> {
	const registration = await registrationOf(context);
	const { client, address, memory, settings, baseUrl } = registration;
	const isTest = context.getMode() === 'manual';
	if (!isTest) keepAddress(address);
	if (settings.registration === 'polling') return !isTest;
	if (settings.registration === 'manual') return true;
	assertReachable(context, address, baseUrl);
	const current = await readReplyUrl(client);
	if ('url' in current) return current.url === address.url && noteRegistered(registration);
	if (memory.registeredAt !== unsigned(address.url))
		throw activationError(context, current.problem);
	context.logger.warn('The reply URL could not be checked and is taken to be as it was left', {
		problem: current.problem.message,
	});
	return true;
}

/**
 * Makes the trigger the reply URL of the account.
 * @throws NodeOperationError when another application or trigger has it and the user does not want it
 * replaced, or when the API does not take it
 */
export async function register(context: IHookFunctions): Promise<boolean> {
	const registration = await registrationOf(context);
	const { client, address, memory, settings, token, baseUrl } = registration;
	if (settings.registration === 'polling') {
		const key = accountKey(baseUrl, token);
		startTestRun(context, { settings, key, client: outsideExecution(client), address });
		return true;
	}
	const current = await readReplyUrl(client);
	if ('problem' in current) throw activationError(context, current.problem);
	const owner = ownerOf(current.url, address, memory.registeredAt);
	if (!isFree(owner) && !settings.replaceExisting) throw taken(context, owner, current.url ?? '');
	const isTest = context.getMode() === 'manual';
	if (isTest || !isUnreadable(registration, owner)) {
		const former = isTest ? current.url : formerUrlOf(registration, owner, current.url);
		remember(registration, former);
		if (!isTest || !(isOwn(owner) || addressHere(address.path))) {
			keepFormerUrl(address.path, former);
		}
	}
	memory.registeredAt = unsigned(address.url);
	const problem = await writeReplyUrl(client, address.url);
	if (problem) throw activationError(context, problem);
	return true;
}

/**
 * Gives the reply URL back if it is still this trigger's. What fails is logged: an n8n that cannot
 * deregister must still be able to deactivate.
 * @returns whether nothing is left behind
 */
export async function unregister(context: IHookFunctions): Promise<boolean> {
	if (!(await hasToken(context))) {
		const address = webhookAddressOf(context, '');
		endTestRun(address);
		forgetAddress(address);
		context.logger.warn('The reply URL was not given back: the credential has no API token');
		return false;
	}
	const registration = await registrationOf(context);
	const { client, address, memory, settings } = registration;
	endTestRun(address);
	forgetAddress(address);
	if (settings.registration !== 'account' && !memory.registeredAt) return true;
	const current = await readReplyUrl(client);
	if ('problem' in current) return leftBehind(context, address, current.problem.message);
	const former = urlToPutBack(context, registration);
	const isOurs = [memory.registeredAt, address.url].some((url) => isSameAddress(url, current.url));
	const problem = isOurs ? await writeReplyUrl(client, former) : undefined;
	if (problem) return leftBehind(context, address, problem.message);
	forget(registration, current.url, former);
	return true;
}

/** n8n throws where the credential is gone. */
const hasToken = async (context: IHookFunctions): Promise<boolean> =>
	await context.getCredentials('useApiNetApi').then(
		({ apiToken }) => Boolean(apiToken),
		() => false,
	);

async function registrationOf(context: IHookFunctions): Promise<Registration> {
	const credential = await context.getCredentials('useApiNetApi');
	const token = String(credential.apiToken ?? '');
	return {
		client: await createClient(context, credential),
		address: webhookAddressOf(context, token),
		token,
		memory: context.getWorkflowStaticData('node'),
		settings: settingsOf(parametersOf(context)),
		baseUrl: baseUrlOf(credential),
	};
}

const isOwn = (owner: ReplyUrlOwner) => ['this', 'earlier'].includes(owner);

const isFree = (owner: ReplyUrlOwner) => owner === 'nobody' || isOwn(owner);

/** Notes that the reply URL is this trigger's already: a registration that n8n did not store is known again. */
function noteRegistered({ address, memory, token }: Registration): true {
	const { path, url } = address;
	if (memory.registeredAt !== unsigned(url)) memory.registeredAt = unsigned(url);
	const former = memory.previousUrl && unsealed(memory.previousUrl, token);
	if (former && formerUrlHere(path) === undefined) keepFormerUrl(path, former);
	return true;
}

/**
 * What an active trigger will put back. Where it replaces itself, or gets back what another trigger has taken from
 * it, that is what it replaced before.
 * @param current the account's reply URL
 */
function formerUrlOf(
	{ address, memory, token }: Registration,
	owner: ReplyUrlOwner,
	current: string | undefined,
): string | undefined {
	if (owner === 'nobody') return undefined;
	const { previousUrl } = memory;
	const before = formerUrlHere(address.path) ?? (previousUrl && unsealed(previousUrl, token));
	if (isFree(owner)) return before || undefined;
	return (owner === 'otherTrigger' && before) || current;
}

/** Whether what this trigger has replaced is stored, but cannot be read with this token. It then stays as it is. */
const isUnreadable = ({ address, memory, token }: Registration, owner: ReplyUrlOwner): boolean =>
	isOwn(owner) &&
	formerUrlHere(address.path) === undefined &&
	Boolean(memory.previousUrl && !unsealed(memory.previousUrl, token));

function remember({ memory, token }: Registration, former: string | undefined): void {
	if (former) memory.previousUrl = sealed(former, token);
	else delete memory.previousUrl;
}

/**
 * Forgets a registration that has ended. A test run that still has the reply URL puts back what this trigger has
 * replaced.
 * @param current the account's reply URL before
 */
function forget(
	{ memory, address }: Registration,
	current: string | undefined,
	former: string | undefined,
): void {
	const { path, url } = address;
	const { registeredAt = unsigned(url) } = memory;
	delete memory.registeredAt;
	delete memory.previousUrl;
	if (addressHere(path)) return;
	passOnFormerUrl(path, registeredAt, former);
	const isTested = ownerOf(current, address) === 'earlier' && !isSameAddress(current, registeredAt);
	if (isTested) keepFormerUrl(path, former);
}

/**
 * The reply URL to put back. A test run gives it back to its workflow, if that is still active. With another token
 * it cannot be read any more, and stays empty.
 */
function urlToPutBack(
	context: IHookFunctions,
	{ address, memory: { previousUrl }, token }: Registration,
): string | undefined {
	const here = addressHere(address.path) ? undefined : formerUrlHere(address.path);
	if (here !== undefined) return here || undefined;
	const url = previousUrl && unsealed(previousUrl, token);
	if (previousUrl && !url) {
		context.logger.warn(
			'The former reply URL of the useapi.net account could not be put back: the API token has changed since it was replaced. Set it again at useapi.net.',
		);
	}
	return url;
}

function assertReachable(context: IHookFunctions, { url }: WebhookAddress, baseUrl: string): void {
	if (url.length > MAX_URL_LENGTH) {
		throw activationError(context, {
			message: `The address of this trigger has ${url.length} characters`,
			description: `The API takes at most ${MAX_URL_LENGTH}. Shorten the public address of n8n.`,
		});
	}
	if (isLocal(url) && !isLocal(baseUrl)) {
		throw activationError(context, {
			message: `useapi.net cannot reach this n8n at ${hostOf(url)}`,
			description:
				'Give n8n a public address in the environment variable WEBHOOK_URL, or set Registration to "Polling".',
		});
	}
}

/**
 * The error of an activation. n8n shows one text of it: version 1 the description of a NodeApiError, version
 * 2 the message. So the message also says what to do.
 */
function activationError(
	context: IHookFunctions,
	{ message, description }: Problem,
): NodeOperationError {
	const error = new NodeOperationError(context.getNode(), message);
	// Set afterwards, as the constructor replaces any message that names a code such as ECONNREFUSED.
	error.message = `${message}. ${description}`;
	return error;
}

function taken(context: IHookFunctions, owner: ReplyUrlOwner, url: string): NodeOperationError {
	const host = hostOf(url);
	const who: Partial<Record<ReplyUrlOwner, string>> = {
		otherTrigger: 'Another InsightFaceSwap Trigger of this n8n is already the reply URL',
		copy: `A copy of this trigger at ${host} is already the reply URL`,
	};
	const message = who[owner] ?? `${host} is already the reply URL`;
	return new NodeOperationError(
		context.getNode(),
		`${message} of this useapi.net account: ${NEXT_STEPS}`,
		{
			description:
				'A useapi.net account has one reply URL for all its services and workflows. One that is replaced is put back when this workflow is deactivated.',
		},
	);
}

function leftBehind(context: IHookFunctions, { url }: WebhookAddress, problem: string): false {
	context.logger.warn('The reply URL of the useapi.net account could not be given back', {
		address: unsigned(url),
		problem,
	});
	return false;
}
