import type { FastifyInstance, FastifyRequest } from 'fastify';
import { callOf, pathOf } from '../call';
import { badRequest, missingParam } from '../errors';
import { isRunning, type JobView } from '../jobs';
import type { Runner } from '../runner';
import type { JobsShape } from '../settings';
import type { Simulation } from '../simulation';

interface JobQuery {
	Querystring: { jobid?: string };
}

const PATH = '/v1/faceswap/jobs';

/** Reading, listing and cancelling jobs. */
export function addJobRoutes(app: FastifyInstance, simulation: Simulation, runner: Runner): void {
	const { jobs, settings } = simulation;
	const find = (request: FastifyRequest<JobQuery>) => {
		const { jobid } = request.query;
		if (!jobid) throw missingParam('jobid');
		const call = callOf(request);
		if (call) call.entry.jobid = jobid;
		return jobs.get(jobid, settings.jobTtlMs);
	};

	app.get<JobQuery>(PATH, (request) => {
		const wantsList = request.query.jobid === undefined && !pathOf(request).endsWith('/');
		if (!wantsList) return simulation.view(find(request));
		const running = jobs.all().filter(isRunning);
		return shaped(
			running.map((job) => simulation.view(job)),
			settings.jobsShape,
		);
	});

	app.get<JobQuery>(`${PATH}/cancel`, (request) => {
		const job = find(request);
		if (!runner.cancel(job)) {
			throw badRequest(`Unable to cancel job ${job.jobid} with status ${job.status}`);
		}
		return { jobid: job.jobid, status: job.status };
	});
}

function shaped(views: JobView[], shape: JobsShape): object {
	if (shape === 'array') return views;
	const isBare = shape === 'objectWithoutIds';
	const byId = Object.fromEntries(
		views.map(({ jobid, ...view }) => [jobid, isBare ? view : { jobid, ...view }]),
	);
	return shape === 'wrapped' ? { jobs: byId } : byId;
}
