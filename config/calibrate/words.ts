/** What `loa calibrate` can say. */
export type CalibrateWords = {
  help: string
  warning: (seconds: number) => string
  measuring: (facts: { output: string; device: string; capture: string }) => string
  round: (facts: { round: number; times: number; delayMs: string; gainDb: string; confidence: string }) => string
  missed: (facts: { round: number; times: number }) => string
  result: (facts: { latencyMs: string; spreadMs: string; gainDb: string; spreadDb: string; rounds: number }) => string
  early: (ms: string) => string
  unsteady: string
  paste: string
  written: (file: string) => string
  after: string
  agentRuns: string
  noOutput: (asked: string, known: string[]) => string
  noCapture: string
  badNumber: (facts: { option: string; found: string; least: number; most: number }) => string
  settingsWrong: (file: string) => string
  nothingAtAll: (device: string) => string
  notHeard: (captureDb: number) => string
  outputFailed: (detail: string) => string
  captureFailed: (detail: string) => string
  notWritten: (file: string, detail: string) => string
  stopped: string
}
