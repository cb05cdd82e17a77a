/** The logo; decorative, because the name stands beside it. */
export function Logo() {
  return (
    <svg className="key-mark" viewBox="0 0 24 24" aria-hidden="true">
      <circle cx="8" cy="16" r="4.5" />
      <path d="M11.3 12.7 20 4m-3.4 3.4 2.9 2.9" />
    </svg>
  )
}
