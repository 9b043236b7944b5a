import type { IBinaryData, IBinaryKeyData, IDataObject, IExecuteFunctions } from 'n8n-workflow';

/**
 * The files of an item by the names of their fields, whichever mode the workflow has.
 *
 * Relies on: with `binaryMode: 'combined'` they are in the field `_files` of its JSON, except where n8n keeps
 * files in memory: then they stay in `binary`. Checked in n8n 2.41.1 (core: `convertBinaryData`, workflow:
 * `BINARY_IN_JSON_PROPERTY`); n8n 1.123.81 has no such mode.
 */
export function binariesOf(context: IExecuteFunctions, itemIndex: number): IBinaryKeyData {
	const { json = {}, binary } = context.getInputData()[itemIndex] ?? {};
	const inJson = Object.entries((json._files ?? {}) as IDataObject).filter(
		([, file]) => typeof (file as IDataObject | null)?.mimeType === 'string',
	);
	return { ...(Object.fromEntries(inJson) as unknown as IBinaryKeyData), ...binary };
}

/**
 * A file of an item by the name of its field; in combined mode also by a path within the JSON.
 * @throws NodeOperationError where there is none
 */
export const binaryIn = (
	context: IExecuteFunctions,
	itemIndex: number,
	field: string,
): IBinaryData =>
	binariesOf(context, itemIndex)[field] ?? context.helpers.assertBinaryData(itemIndex, field);
