/** Example values: those that fields and inputs had in the published operations, else one for the kind of scalar. */
'use strict';

const { values } = require(process.env.REFERENCE_EXAMPLES);

const SCALARS = {
  Boolean: true,
  Date: '2026-01-15',
  DateTime: '2026-01-15T08:00:00.000Z',
  Decimal: '1250000.00',
  Float: 0.5,
  ID: 'Q3VzdG9tZXI6MDE5YmMwYTAtN2EwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAx',
  Int: 1,
  JSON: '{}',
  JSONObject: '{}',
  String: 'text',
};

module.exports = ({ type, field, arg, inputField, isArray, underlyingType }) => {
  if (!field && !inputField) return SCALARS[type.name];
  const member = arg ? `${field.name}(${arg.name})` : (field ?? inputField).name;
  const value = values[`${type.name}.${member}`];
  if (value !== undefined) return value;
  const scalar = SCALARS[underlyingType.name];
  return isArray && scalar !== undefined ? [scalar] : scalar;
};
