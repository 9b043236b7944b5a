import type { FastifyInstance, FastifyRequest } from 'fastify';
import { callOf, pathOf } from '../call';
import { badRequest } from '../errors';
import type { Runner } from '../runner';
import type { Simulation } from '../simulation';
import { cancelOfEnded, shapedList } from '../undocumented';

interface JobQuery {
	Querystring: { jobid?: string };
}

const PATH = '/v1/faceswap/jobs';

/** Reading, listing and cancelling jobs. */
export function addJobRoutes(app: FastifyInstance, simulation: Simulation, runner: Runner): void {
	const { jobs, settings } = simulation;
	const find = (request: FastifyRequest<JobQuery>) => {
		const { jobid } = request.query;
		if (!jobid) throw badRequest('Query param jobid not provided');
		const call = callOf(request);
		if (call) call.entry.jobid = jobid;
		return jobs.get(jobid, settings);
	};

	app.get<JobQuery>(PATH, (request) => {
		const wantsList = request.query.jobid === undefined && !pathOf(request).endsWith('/');
		if (!wantsList) return simulation.view(find(request));
		const views = jobs.running(settings).map((job) => simulation.view(job));
		return shapedList(views, settings.jobsShape);
	});

	app.get<JobQuery>(`${PATH}/cancel`, (request) => {
		const job = find(request);
		if (!runner.cancel(job)) return cancelOfEnded(job, settings.cancelOfEnded);
		return { jobid: job.jobid, status: job.status };
	});
}
