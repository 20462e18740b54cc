import { useState } from "react";
import { Copy, Download, ImageOff, ShieldCheck } from "lucide-react";

// props: { id, url, view, name, filename, alt, ratio, facts }: a copy that was made for sharing.

export default function SharedPhoto() {
  const [gone, setGone] = useState(false);
  if (gone) {
    return (
      <p className="pp-gone pp-gone-card">
        <ImageOff size={20} aria-hidden />
        The shared copy is gone from the disk.
      </p>
    );
  }
  return (
    <figure
      className="pp-shared"
      data-photo={props.id}
      data-view={props.url}
      data-name={props.name}
    >
      <img
        src={props.url}
        alt={props.alt}
        style={{ aspectRatio: String(props.ratio) }}
        onError={() => setGone(true)}
      />
      <figcaption>
        <span className="pp-clean">
          <ShieldCheck size={15} aria-hidden />
          {props.facts}
        </span>
        <span className="pp-pair">
          <button
            type="button"
            className="pp-download pp-second"
            onClick={() => photopal.copyPicture({ view: props.url, name: props.name })}
          >
            <Copy size={15} aria-hidden />
            Copy
          </button>
          <a className="pp-download" href={props.url} download={props.filename}>
            <Download size={15} aria-hidden />
            Download
          </a>
        </span>
      </figcaption>
    </figure>
  );
}
