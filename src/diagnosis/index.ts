// What an engine of one's own is written with, and tested: the package gives it the name `sitrep/engine`.

export type { AlertClass, AlertKind } from '../model/alert-class.ts';
export type { Json, JsonObject } from '../model/json.ts';
export type { Analysis } from './analysis.ts';
export { type Diagnosis, diagnose } from './diagnose.ts';
export type { Engine } from './engine.ts';
export { type EngineModule, engineOf } from './engine-module.ts';
export type { Ereport, EreportId, ReporterRestart } from './ereport.ts';
export type { AnalysisInputs } from './inputs.ts';
export type { EreportInCase, OpenCase } from './open-case.ts';
