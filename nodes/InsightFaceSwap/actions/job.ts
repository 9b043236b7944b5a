import { endpoints } from '../api/endpoints';
import { jobsOf } from '../api/job';
import { InputError, isJobId } from '../shared/validation';
import * as panel from './fields';
import type { Operation, OperationRequest, ReadParameter, Resource } from './types';

const jobId = panel.field('Job ID', 'jobId', {
	description: 'The jobId in the output of the node that started the job',
	required: true,
	placeholder: 'e.g. 8a1f574fdbf79e8cd57e070476d9d5f3',
});

/**
 * The query of the job endpoints.
 * @throws InputError for what is no job ID
 */
function jobQuery(parameters: ReadParameter) {
	const jobid = panel.requiredText(parameters, jobId);
	if (isJobId(jobid)) return { jobid };
	throw new InputError(
		'Job ID has characters that no job ID has',
		'Use the jobId of an earlier output, without quotes or spaces.',
	);
}

const read: OperationRequest = {
	method: 'GET',
	path: endpoints.job,
	effect: 'none',
	query: jobQuery,
};

const get: Operation = {
	value: 'get',
	name: 'Get',
	action: 'Get job',
	description: 'Read the status and the results of a job, whether it has ended or not',
	properties: [
		jobId,
		panel.simplify,
		panel.downloadResults,
		panel.additionalFields(panel.outputField),
	],
	request: read,
	answer: { of: 'job', until: 'read' },
};

const getAll: Operation = {
	value: 'getAll',
	name: 'Get Many',
	action: 'Get many jobs',
	description: 'List the jobs that are running now, one item each',
	properties: [...panel.listFields(), panel.simplify],
	request: { method: 'GET', path: endpoints.runningJobs, effect: 'none' },
	answer: { of: 'jobs', jobs: (body, parameters) => panel.limited(jobsOf(body), parameters) },
};

const cancel: Operation = {
	value: 'cancel',
	name: 'Cancel',
	action: 'Cancel job',
	description: 'Stop a job that is still running',
	properties: [jobId, panel.simplify],
	request: { ...read, path: endpoints.cancelJob, effect: 'repeatable' },
	answer: { of: 'job', until: 'read' },
};

const wait: Operation = {
	value: 'wait',
	name: 'Wait',
	action: 'Wait for job',
	description: 'Check every 10 to 30 seconds until a job has ended, then return its results',
	properties: [
		jobId,
		panel.simplify,
		panel.downloadResults,
		panel.additionalFields(panel.maximumWait, panel.outputField),
	],
	request: read,
	answer: { of: 'job', until: 'ended' },
};

export const job: Resource = {
	value: 'job',
	name: 'Job',
	description: 'Jobs that were started before',
	operations: [get, getAll, cancel, wait],
};
