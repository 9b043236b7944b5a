/** A simulator that is set up like the account behind the token, so that only the API's behaviour differs. */
import { startSimulator, type ChannelSettings, type Simulator } from '../simulator';
import { isJob, isObject, isRunning } from '../nodes/InsightFaceSwap/api/job';
import { endpoints } from '../nodes/InsightFaceSwap/api/endpoints';
import { NOBODY, PICSI, SAVE_IDENTITY, type Facts } from './calls';
import type { Session } from './observe';
import { knowsBlockingJobs } from './questions';
import { partyAt, send } from './party';

const MADE_UP_SERVERS = 112222647716110000n;

export interface Configured {
	/** Channel ID. */
	channel: string;
	credits: { total: number; used: number } | null;
}

/** The accounts in the answer of GET /account. */
export function configuredIn(body: unknown): Configured[] {
	if (!isObject(body)) return [];
	return Object.entries(body).flatMap(([channel, account]) =>
		/^\d{17,20}$/.test(channel) && isObject(account)
			? [{ channel, credits: creditsOf(account.credits) }]
			: [],
	);
}

function creditsOf(credits: unknown): Configured['credits'] {
	if (!isObject(credits)) return null;
	const { total, used } = credits;
	return typeof total === 'number' && typeof used === 'number' ? { total, used } : null;
}

/**
 * Starts a simulator with the same channels and credits, and the same choice where the API may do either of
 * two: how it answers /picsi, and whether it knows blocking jobs under /jobs. Its channel has a default
 * identity, which the calls can restore.
 * @param configured before any job was submitted
 */
export async function startMirror(
	configured: Configured[],
	facts: Facts,
	real: Session,
): Promise<Simulator> {
	const simulator = await startSimulator({
		channels: configured.map(settingsOf),
		jobsKnown: knowsBlockingJobs(real) === false ? 'documented' : 'all',
		picsiAnswersStarted: isRunningJob(answerTo(real, PICSI.name)),
		drawResults: false,
		blockingMs: 20,
		asyncMs: 300,
	});
	const identity = SAVE_IDENTITY.request({ ...facts, idName: 'me' });
	if (identity) await send(partyAt(simulator.url, simulator.token), identity);
	const owner = answerTo(real, 'GET /v2/account');
	if (isObject(owner) && owner.replyUrl) await setReplyUrl(simulator);
	return simulator;
}

const settingsOf = ({ channel, credits }: Configured, index: number): ChannelSettings => ({
	channel,
	server: String(MADE_UP_SERVERS + BigInt(index)),
	discord: `made-up-token-of-${channel}`,
	credits,
});

const answerTo = ({ observations }: Session, call: string) =>
	observations.find((one) => one.call === call)?.answer?.body;

const isRunningJob = (body: unknown) => isJob(body) && isRunning(body);

async function setReplyUrl({ url, token }: Simulator): Promise<void> {
	await fetch(`${url}${endpoints.subscription}`, {
		method: 'POST',
		headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
		body: JSON.stringify({ replyUrl: NOBODY }),
	});
}
