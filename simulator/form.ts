import { createHash } from 'node:crypto';
import type { MultipartFile } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { ApiError, badRequest } from './errors';
import type { JournalPart } from './journal';
import { refusals, texts } from './undocumented';
import type { Verb } from './verbs';

/** An uploaded file. It has its bytes only if the result is drawn, or if it is a GIF, whose frames count. */
export interface Upload {
	filename?: string;
	contentType: string;
	/** Bytes. */
	size: number;
	sha256: string;
	data?: Buffer;
}

/** A form. Of several parts with the same name, the first counts. */
export interface Form {
	texts: Map<string, string>;
	files: Map<string, Upload>;
}

/** Whether a part is a file: it has a file name, or its type is not text. */
export const isPartAFile = (_name?: string, contentType?: string, filename?: string) =>
	filename !== undefined || (contentType !== undefined && !contentType.startsWith('text/'));

/**
 * Reads the body of a form call to its end, file by file.
 * @param keep whether the files' bytes are needed
 * @param journal receives every part
 * @throws ApiError 411 for a body of unknown length, 400 for a body that is no form, 413
 */
export async function readForm(
	request: FastifyRequest,
	verb: Verb,
	keep: boolean,
	journal: JournalPart[],
): Promise<Form> {
	checkLength(request);
	if (request.isMultipart()) return await readParts(request, keep, journal);
	if (verb.acceptsJson && isObject(request.body)) return jsonForm(request.body);
	throw badRequest(texts.noForm);
}

function checkLength({ headers }: FastifyRequest): void {
	const chunked = headers['transfer-encoding'] !== undefined;
	if (chunked || headers['content-length'] === undefined) {
		throw refusals.lengthRequired();
	}
}

async function readParts(
	request: FastifyRequest,
	keep: boolean,
	journal: JournalPart[],
): Promise<Form> {
	const form: Form = { texts: new Map(), files: new Map() };
	try {
		for await (const part of request.parts()) {
			const name = part.fieldname;
			if (part.type === 'field') {
				const value = String(part.value);
				journal.push({ name, value });
				if (!form.texts.has(name)) form.texts.set(name, value);
			} else {
				const { data, ...facts } = await readFile(part, keep);
				journal.push({ name, ...facts });
				if (!form.files.has(name)) form.files.set(name, { ...facts, data });
			}
		}
	} catch (error) {
		throw error instanceof ApiError ? error : badRequest(texts.brokenForm);
	}
	return form;
}

async function readFile(part: MultipartFile, keepAll: boolean): Promise<Upload> {
	const keep = keepAll || part.mimetype === 'image/gif';
	const hash = createHash('sha256');
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of part.file as AsyncIterable<Buffer>) {
		hash.update(chunk);
		size += chunk.length;
		if (keep) chunks.push(chunk);
	}
	if (part.file.truncated) throw refusals.tooLarge();
	return {
		filename: part.filename,
		contentType: part.mimetype,
		size,
		sha256: hash.digest('hex'),
		...(keep && { data: Buffer.concat(chunks) }),
	};
}

function jsonForm(body: Record<string, unknown>): Form {
	const texts = Object.entries(body).filter(
		(entry): entry is [string, string] => typeof entry[1] === 'string',
	);
	return { texts: new Map(texts), files: new Map() };
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
