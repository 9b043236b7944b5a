/** `npm run conformance`: runs the same calls at the API and at a simulator, and compares them. */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { picturesFolder } from '../demo/folders';
import { endpoints } from '../nodes/InsightFaceSwap/api/endpoints';
import { version } from '../package.json';
import { UserError } from '../tooling/n8n/failure';
import { projectFolder } from '../tooling/n8n/folders';
import { NOBODY, READ_OWNER, type Facts } from './calls';
import { compareSessions } from './compare';
import { configuredIn, startMirror, type Configured } from './mirror';
import { observe, replyUrlOf, type Session } from './observe';
import { HELP, readOptions, type Options } from './options';
import { partyAt, send, type Party } from './party';
import { Receiver } from './receiver';
import { questionsOf } from './questions';
import { redact } from './redact';
import { lineOf, reportOf } from './report';

export interface Output {
	say(text: string): void;
	stop: AbortSignal;
}

/**
 * @param args without node and script
 * @returns the exit code: 0 without differences, 1 with some
 * @throws UserError when nothing could be compared
 */
export async function main(
	args: string[],
	env: NodeJS.ProcessEnv,
	{ say, stop }: Output,
): Promise<number> {
	const options = readOptions(args, env);
	if (options === 'help') {
		say(HELP);
		return 0;
	}
	const party = partyAt(options.baseUrl, options.token);
	const configured = await readAccounts(party);
	const facts = await factsFor(configured);
	say(`Calling ${options.baseUrl}`);
	const real = await observeReal(party, options, facts, { say, stop });
	if (stop.aborted) throw new UserError('Stopped. Nothing was compared.');
	const simulator = await observeMirror(configured, real, options, facts, stop);
	const differences = compareSessions(real, simulator);
	const secrets = secretsOf(options, facts, real);
	for (const { question, answer } of questionsOf(real)) {
		say(redact(`${question} ${answer}`, secrets));
	}
	for (const difference of differences) say(lineOf(difference));
	const { spend, callbacks } = options;
	const at = new Date().toISOString();
	const run = {
		at,
		version,
		spend,
		withCallbacks: callbacks !== undefined,
		real,
		simulator,
		differences,
	};
	const file = options.report ?? join(projectFolder, 'conformance', 'report.md');
	await writeFile(file, reportOf(run, secrets));
	for (const remark of real.remarks) say(remark);
	say(
		`${differences.length} differences in ${real.observations.length} calls, ${real.spent} credits spent. Report: ${relative(process.cwd(), file)}`,
	);
	return differences.length === 0 ? 0 : 1;
}

function secretsOf({ token, callbacks }: Options, { idName }: Facts, real: Session): string[] {
	const owner = real.observations.find(({ call }) => call === READ_OWNER.name)?.answer;
	const replyUrl = owner && replyUrlOf(owner);
	return [token, callbacks?.url ?? '', idName ?? '', replyUrl ?? ''];
}

/** @throws UserError when the API cannot be reached or refuses the token */
async function readAccounts(party: Party): Promise<Configured[]> {
	const answer = await send(party, { method: 'GET', path: endpoints.accounts }).catch(
		(error: Error & { cause?: { code?: string } }) => {
			const reason = error.cause?.code ?? error.message;
			throw new UserError(`The API at ${party.baseUrl} cannot be reached (${reason}).`);
		},
	);
	if (answer.status === 401)
		throw new UserError('The API refuses the token in USEAPI_TOKEN (401).');
	return configuredIn(answer.body);
}

/** All jobs run on the channel with the most credits. */
async function factsFor(configured: Configured[]): Promise<Facts> {
	const left = ({ credits }: Configured) => (credits ? credits.total - credits.used : -1);
	const [richest] = [...configured].sort((one, other) => left(other) - left(one));
	const picture = async (name: string) =>
		new Blob([await readFile(join(picturesFolder, name))], { type: 'image/png' });
	return {
		channel: richest?.channel,
		idName: `cf${randomBytes(4).toString('hex')}`,
		replyUrl: NOBODY,
		messageId: undefined,
		source: await picture('portrait-a.png'),
		target: await picture('portrait-b.png'),
	};
}

async function observeReal(
	party: Party,
	{ spend, updateAccount, callbacks }: Options,
	facts: Facts,
	{ say, stop }: Output,
): Promise<Session> {
	const receiver = callbacks && (await Receiver.listen(callbacks.port));
	try {
		const replyUrl = callbacks?.url ?? NOBODY;
		const tell = (text: string) => say(`  ${text}`);
		return await observe(party, {
			spend,
			updateAccount,
			facts: { ...facts, replyUrl },
			receiver,
			stop,
			say: tell,
		});
	} finally {
		await receiver?.close();
	}
}

async function observeMirror(
	configured: Configured[],
	real: Session,
	{ spend, updateAccount, callbacks }: Options,
	facts: Facts,
	stop: AbortSignal,
): Promise<Session> {
	const simulator = await startMirror(configured, facts, real);
	const receiver = callbacks && (await Receiver.listen(0));
	try {
		const party = partyAt(simulator.url, simulator.token);
		const replyUrl = receiver?.url ?? NOBODY;
		const say = () => {};
		return await observe(party, {
			spend,
			updateAccount,
			facts: { ...facts, replyUrl },
			receiver,
			stop,
			say,
		});
	} finally {
		await receiver?.close();
		await simulator.close();
	}
}
