/**
 * What no page of the API says. The simulator must do something there, so it assumes: each assumption that
 * matters to the node is a setting, and nothing that a user reads may rest on one of them.
 */
import { ApiError, badRequest } from './errors';
import type { Job, JobStatus } from './jobs';

/** The list of running jobs: bare, keyed by job id (with or without it), or `{jobs: {…}}` keyed by job id. */
export type JobsShape = 'array' | 'object' | 'objectWithoutIds' | 'wrapped';

export interface UndocumentedSettings {
	/** Shape of the list that GET /jobs answers. */
	jobsShape: JobsShape;
	/**
	 * Which jobs can be read, listed and cancelled. The pages name headshot, changebg and a picsi that
	 * answered `started` (`documented`); for any other job `documented` answers 404 as for an unknown one.
	 */
	jobsKnown: 'all' | 'documented';
	/** Whether each read of a job gives its pictures new links. Otherwise the first ones stay, also once expired. */
	freshLinks: boolean;
	/** What POST /v2/account answers once it has made the change. */
	accountUpdateAnswer: { status: 200 | 201 | 204; body: 'account' | 'text' | 'none' };
	/** Whether an empty replyUrl removes the default one. Otherwise it changes nothing. */
	emptyReplyUrlClears: boolean;
	/** The answer to the cancellation of a job that has ended: 200 with its status, 400 or 404. */
	cancelOfEnded: 'status' | 'refused' | 'unknown';
	/** IDs of channels that the API has taken out of use. Calls on them are answered 596. */
	outOfUse: readonly string[];
}

export const UNDOCUMENTED_DEFAULTS: Readonly<UndocumentedSettings> = {
	jobsShape: 'object',
	jobsKnown: 'all',
	freshLinks: false,
	accountUpdateAnswer: { status: 200, body: 'account' },
	emptyReplyUrlClears: true,
	cancelOfEnded: 'status',
	outOfUse: [],
};

/** Whether a job can be read, listed and cancelled. */
export const isKnown = (job: Job, { jobsKnown }: UndocumentedSettings) =>
	jobsKnown === 'all' || !job.blocking;

/**
 * The answer to the cancellation of a job that has ended.
 * @throws ApiError 400 or 404
 */
export function cancelOfEnded(
	{ jobid, status }: Job,
	how: UndocumentedSettings['cancelOfEnded'],
): { jobid: string; status: JobStatus } {
	if (how === 'refused') throw badRequest(`Unable to cancel job ${jobid} with status ${status}`);
	if (how === 'unknown') throw new ApiError(404, `Unable to locate job ${jobid}`);
	return { jobid, status };
}

/** The list of running jobs in one of the shapes that it may have. */
export function shapedList(views: ReadonlyArray<{ jobid: string }>, shape: JobsShape): object {
	if (shape === 'array') return views;
	const byId = Object.fromEntries(
		views.map(({ jobid, ...view }) => [
			jobid,
			shape === 'objectWithoutIds' ? view : { jobid, ...view },
		]),
	);
	return shape === 'wrapped' ? { jobs: byId } : byId;
}

/** Statuses that the pages of InsightFaceSwap do not name; those marked O stand on pages of the vendor's other services. */
export const refusals = {
	expired: () => new ApiError(410, 'Job has expired'),
	lengthRequired: () => new ApiError(411, 'Length Required'),
	/** O */
	outOfCredits: () => new ApiError(412, 'Insufficient credits'),
	tooLarge: () => new ApiError(413, 'Payload Too Large'),
	/** O */
	moderated: (param: string) => new ApiError(422, `Param ${param} was moderated`),
	/** O: a message of Discord waits in the account; it is out of use until somebody has signed in and answered it. */
	outOfUse: (channel: string) =>
		new ApiError(596, `Channel ${channel} is out of use, sign in to Discord to resolve it`),
};

/** Texts of errors whose status alone is documented, or whose cause is. */
export const texts = {
	unknownPath: 'Not Found',
	noForm: 'Content-Type must be multipart/form-data',
	brokenForm: 'Unable to parse form data',
	brokenJson: 'Unable to parse JSON body',
	video: 'Video is currently not supported',
};

/** What the bot says where no page quotes it. */
export const botWords = {
	defaultSet: (expression: string) => `default idname set to ${expression}`,
	allDeleted: 'all idnames deleted',
	noFaces: 'No idname found',
	faces: (names: string[], byDefault: string | undefined, options: string[]) =>
		[
			`Default idname: ${byDefault}`,
			`All idnames: ${names.join(', ')}`,
			...(options.length > 0 ? [`Options: ${options.join(' ')}`] : []),
		].join('\n'),
	invalidName: 'idname must be letters and digits, at most 10 characters',
	tooMany: (most: number) => `no more than ${most} idnames can be saved`,
	notFound: (name: string) => `idname ${name} not found`,
	invalid: (expression: string) => `invalid idname ${expression}`,
	noImage: (messageId: string) => `no image found in message ${messageId}`,
	gifTooLarge: 'the GIF is too large, 10 MB at most',
	noFaceInPicture: 'No face could be detected in the picture',
};
