/** The raw limit: the same calls by plain HTTP clients, outside n8n. */
import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import FormData from 'form-data';
import { request } from 'undici';

export interface Call {
	url: string;
	token: string;
	channel: string;
	/** Sent as source and as target. */
	picture: string;
}

const PARTS = ['source_image', 'target_image_gif_or_video'];

async function* multipart(call: Call, boundary: string): AsyncGenerator<Buffer> {
	for (const part of PARTS) {
		yield Buffer.from(pictureHead(boundary, part, call.picture));
		for await (const chunk of createReadStream(call.picture)) yield chunk as Buffer;
	}
	yield Buffer.from(tail(boundary, call.channel));
}

const pictureHead = (boundary: string, part: string, picture: string) =>
	`\r\n--${boundary}\r\nContent-Disposition: form-data; name="${part}"; filename="${basename(picture)}"\r\nContent-Type: image/png\r\n\r\n`;

const tail = (boundary: string, channel: string) =>
	`\r\n--${boundary}\r\nContent-Disposition: form-data; name="channel"\r\n\r\n${channel}\r\n--${boundary}--\r\n`;

/** Submits with undici and a body that is streamed from the disk. */
export async function swapWithUndici(call: Call): Promise<void> {
	const boundary = `bench-${randomUUID()}`;
	const heads = PARTS.map((part) => pictureHead(boundary, part, call.picture).length);
	const { size } = await stat(call.picture);
	const length = heads.reduce((sum, head) => sum + head + size, 0);
	const { statusCode, body } = await request(`${call.url}/v1/faceswap/picsi`, {
		method: 'POST',
		headers: {
			authorization: `Bearer ${call.token}`,
			'content-type': `multipart/form-data; boundary=${boundary}`,
			'content-length': String(length + tail(boundary, call.channel).length),
		},
		body: Readable.from(multipart(call, boundary)),
	});
	assertCompleted(statusCode, await body.json());
}

/** Submits with form-data and Node's own client. */
export async function swapWithFormData(call: Call): Promise<void> {
	const form = new FormData();
	for (const part of PARTS) {
		const { size } = await stat(call.picture);
		form.append(part, createReadStream(call.picture), { knownLength: size });
	}
	form.append('channel', call.channel);
	const headers = { authorization: `Bearer ${call.token}`, ...form.getHeaders() };
	const length = form.getLengthSync();
	await new Promise<void>((resolve, reject) => {
		const sent = httpRequest(`${call.url}/v1/faceswap/picsi`, {
			method: 'POST',
			headers: { ...headers, 'content-length': length },
		});
		sent.on('error', reject).on('response', (response) => {
			let text = '';
			response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
			response.on('end', () => {
				assertCompleted(response.statusCode ?? 0, JSON.parse(text));
				resolve();
			});
		});
		form.pipe(sent);
	});
}

function assertCompleted(status: number, body: unknown): void {
	if ((body as { status?: string }).status === 'completed') return;
	throw new Error(`The simulator answered ${status}: ${JSON.stringify(body)}`);
}

/** Downloads a file to the disk with undici. */
export async function downloadWithUndici(url: string, to: string): Promise<void> {
	const { statusCode, body } = await request(url);
	if (statusCode !== 200) throw new Error(`The simulator answered ${statusCode}`);
	await pipeline(body, createWriteStream(to));
}

export interface Job {
	jobid: string;
	/** When its status changed last, in ISO 8601. */
	updated: string;
	attachments?: Array<{ url: string }>;
}

type Api = Pick<Call, 'url' | 'token'>;

/** Has a headshot made, and waits for it. */
export async function finishedJob({ url, token }: Api): Promise<Job> {
	const { body } = await request(`${url}/v1/faceswap/headshot`, {
		method: 'POST',
		headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
		body: JSON.stringify({ prompt: 'a face' }),
	});
	const { jobid } = (await body.json()) as Job;
	const deadline = Date.now() + 15_000;
	for (;;) {
		const job = await readJob({ url, token }, jobid);
		if (job.attachments?.length) return job;
		if (Date.now() > deadline) throw new Error('The simulated job did not end');
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
}

export async function readJob({ url, token }: Api, jobid: string): Promise<Job> {
	const address = `${url}/v1/faceswap/jobs/?jobid=${encodeURIComponent(jobid)}`;
	const { body } = await request(address, { headers: { authorization: `Bearer ${token}` } });
	return (await body.json()) as Job;
}
