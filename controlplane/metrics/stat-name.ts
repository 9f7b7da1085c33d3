/**
 * How Envoy writes the name of a cluster into the names of its metrics; access logs have it as it is.
 * https://github.com/envoyproxy/envoy/blob/main/source/common/stats/utility.cc (`sanitizeStatsName`)
 */
export const statName = (name: string): string => name.replace(/\.$/, '').replaceAll(/:\/{0,2}|\0/g, '_');
