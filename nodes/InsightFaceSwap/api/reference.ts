import { randomUUID } from 'crypto';

const PREFIX = 'n8n-';

const GENERATED = /^n8n-[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** A reply reference for a submission whose user gives none. */
export const newReference = (): string => `${PREFIX}${randomUUID()}`;

/** Whether a reply reference was made up here, so that no job of anybody else has it. */
export const isGenerated = (reference = ''): boolean => GENERATED.test(reference);
