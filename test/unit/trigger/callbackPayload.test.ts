import { parseCallback } from '../../../nodes/InsightFaceSwap/trigger/webhook';

const TOKEN = 'user:1-AbCdEf';
const job = { jobid: 'a1', verb: 'faceswap-picsi', status: 'completed' };
const kindOf = (body: unknown, size = 100) => parseCallback(body, size, TOKEN).kind;

test('a job is a job', () => expect(parseCallback(job, 100, TOKEN)).toEqual({ kind: 'job', job }));

test('what was posted is masked', () => {
	const discord = 'MTIzNDU2Nzg5MDEyMzQ1Njc4OTAx';
	const text = JSON.stringify(
		parseCallback({ ...job, discord, content: `! ${TOKEN} !` }, 100, TOKEN),
	);
	expect(text).not.toContain(discord);
	expect(text).not.toContain(TOKEN);
});

test('the size decides before the content', () => {
	expect(parseCallback(job, 1024 * 1024 + 1, TOKEN)).toMatchObject({
		kind: 'malformed',
		status: 413,
	});
	expect(kindOf(job, 1024 * 1024)).toBe('job');
});

test.each([[[]], ['text'], [null], [undefined], [1]])('%p is malformed', (body) =>
	expect(kindOf(body)).toBe('malformed'),
);

test.each(['a/b', '..\\x', 'a?b', 'a#b', 'a b', 'a%2fb', '', 'a\n', 'ä', 'a'.repeat(201)])(
	'%p is no jobid',
	(jobid) => expect(kindOf({ ...job, jobid })).toBe('malformed'),
);

test.each(['8a1f574fdbf79e8cd57e070476d9d5f3', '20240101-user:1-bot_x.y'])('%p is one', (jobid) =>
	expect(kindOf({ ...job, jobid })).toBe('job'),
);
