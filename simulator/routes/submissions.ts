import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { checkCredits, type Account } from '../accounts';
import { callOf, scriptedRequestOf, type Call } from '../call';
import { ApiError } from '../errors';
import { refuse, refuses, useRule } from '../faults';
import { readForm, type Form } from '../form';
import type { JobView } from '../jobs';
import { priceOf } from '../price';
import type { Order, Runner } from '../runner';
import type { Simulation } from '../simulation';
import { refusals } from '../undocumented';
import { checkForm } from '../validation';
import { VERBS, type Verb } from '../verbs';

/** The bot's commands: one route for each verb. */
export function addSubmissionRoutes(
	app: FastifyInstance,
	simulation: Simulation,
	runner: Runner,
): void {
	for (const verb of VERBS) {
		app.route({
			method: verb.method,
			url: `/v1/faceswap/${verb.name}`,
			handler: async (request, reply) => {
				const call = callOf(request);
				if (!call) throw new Error('Every submission is journaled');
				return await submit({ simulation, runner, verb, request, reply, call });
			},
		});
	}
}

interface Submission {
	simulation: Simulation;
	runner: Runner;
	verb: Verb;
	request: FastifyRequest;
	reply: FastifyReply;
	call: Call;
}

async function submit(submission: Submission): Promise<JobView | FastifyReply> {
	const { simulation, verb, request, reply, call } = submission;
	const { settings, scripts, journal } = simulation;
	const form = await readForm(request, verb, settings.drawResults, call.entry.parts);
	const replyRef = form.texts.get('replyRef');
	const rule = scripts.peek({ ...scriptedRequestOf(request), replyRef });
	if (rule && refuses(rule)) {
		useRule(simulation, request, rule);
		return await refuse(request, reply, rule);
	}
	checkForm(verb, form);
	const credits = await priceOf(verb, form, settings.faces);
	const account = chooseAccount(simulation, verb, form, credits);
	call.entry.channel = account.channel;
	const leave = journal.enter(account.channel);
	try {
		return await run(submission, { verb, form, account, credits, rule });
	} finally {
		leave();
	}
}

/** Nothing waits from here to `take`, so no other call can interfere. */
async function run(
	{ simulation, runner, request, call }: Submission,
	order: Order,
): Promise<JobView> {
	const { settings } = simulation;
	const { account, credits, rule } = order;
	if (settings.outOfUse.includes(account.channel)) throw refusals.outOfUse(account.channel);
	checkCredits(account, credits, settings.credits.total);
	if (account.locked) {
		throw new ApiError(429, `Unable to lock Discord after ${settings.lockAttempts} attempts`);
	}
	const taken = runner.take(order);
	if (rule) useRule(simulation, request, rule);
	call.entry.jobid = taken.job.jobid;
	return await runner.answer(taken);
}

function chooseAccount(simulation: Simulation, verb: Verb, form: Form, credits: number): Account {
	const { accounts, random, settings } = simulation;
	const channel = form.texts.get('channel');
	if (channel) return accounts.named(channel);
	if (verb.withoutChannel === 'only') return accounts.only();
	return accounts.random(random, credits, settings.credits.total, settings.outOfUse);
}
