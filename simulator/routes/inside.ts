import type { FastifyInstance } from 'fastify';
import { INSIDE } from '../gate';
import type { Simulation } from '../simulation';

/** The simulator's records, for tests in other processes. Not part of the API. */
export function addInsideRoutes(app: FastifyInstance, simulation: Simulation): void {
	const { journal, callbacks, jobs } = simulation;
	app.get(`${INSIDE}journal`, () => ({
		requests: journal.entries,
		callbacks: callbacks.sent,
		maxConcurrentPerChannel: journal.maxConcurrentPerChannel,
	}));
	app.get(`${INSIDE}jobs`, () => jobs.all().map((job) => simulation.view(job)));
}
