/** SpeexDSP's resampler as WebAssembly; the package says nothing of its types. Addresses are bytes in its memory. */
declare module '@echogarden/speex-resampler-wasm/simd' {
  export type SpeexModule = {
    HEAPF32: Float32Array
    HEAP32: Int32Array
    HEAPU32: Uint32Array
    _malloc: (bytes: number) => number
    _free: (address: number) => void
    _speex_resampler_init_frac: (
      channels: number,
      ratioNumerator: number,
      ratioDenominator: number,
      rateIn: number,
      rateOut: number,
      quality: number,
      errorAt: number,
    ) => number
    _speex_resampler_set_rate_frac: (
      state: number,
      ratioNumerator: number,
      ratioDenominator: number,
      rateIn: number,
      rateOut: number,
    ) => number
    /** Lengths are frames per channel, read and written at their addresses. */
    _speex_resampler_process_interleaved_float: (
      state: number,
      inAt: number,
      inFramesAt: number,
      outAt: number,
      outFramesAt: number,
    ) => number
    _speex_resampler_get_input_latency: (state: number) => number
    _speex_resampler_skip_zeros: (state: number) => number
    _speex_resampler_reset_mem: (state: number) => number
    _speex_resampler_destroy: (state: number) => void
  }
  const load: () => Promise<SpeexModule>
  export default load
}
