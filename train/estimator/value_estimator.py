"""What estimators of purchases and of subscriptions share: fitted, they predict and show."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from features.config.read import AnyConfig
from features.dataset import Dataset, as_of_or_end, read_frame
from models.bundle import Bundle
from models.predictor import predictor_of
from models.score_rows import score_rows
from train.estimator import fitted_training
from train.estimator.arguments import as_text, frame_of, params_of, reading
from train.estimator.customer_picture import customer_picture
from train.estimator.explained import explained
from train.estimator.fitted_training import Training
from train.estimator.health_warning import warn
from train.estimator.never_stored import in_memory, without_customers
from train.estimator.picture import Picture
from train.estimator.question import Question, terms_of
from train.estimator.returned_frames import Kind, as_kind, kind_of
from train.estimator.shown import as_html, as_lines
from train.estimator.wording import in_arguments


class ValueEstimator(BaseEstimator):  # type: ignore[misc]
    """An estimator of customer lifetime value, whatever the kind of customers.

    Fitted it has

        bundle_    the trained model
        config_    the configuration that its arguments make
        as_of_     nothing at or after it was learnt from
        counts_    what became of the rows, by reason
        findings_  of the health check, as sentences
        metrics_   of the holdout evaluation, by name
    """

    relationship: ClassVar[str]

    @abstractmethod
    def _configuration(self, columns: Mapping[str, Any], source: object) -> AnyConfig:
        """The configuration of this estimator's arguments. Raises ConfigError."""

    def predict(
        self,
        X: object = None,
        *,
        as_of: object = None,
        horizon_days: int | None = None,
        economics: Mapping[str, float] | None = None,
    ) -> Any:
        """Scores, one row per customer, as a frame of the kind that came in.

        The columns are those of `python -m serve score`: customer_id (text), as_of, horizon_days,
        p_churn, expected_spend, expected_revenue, clv, clv_low, clv_high, clv_historic, clv_total,
        clv_net, tier, segment, basis, currency, model_version, warnings.

        X          transactions or subscribers of other customers, in columns of the same names;
                   default: those that fit was given
        as_of      a date or timestamp; no later row is used; default: the end of the data
        economics  keys of [economics] that differ from those of the model

        Raises NotFittedError before fit; ConfigError and DataError for what cannot be used.
        """
        check_is_fitted(self)
        with in_arguments():
            asked, kind = self._ask(X, as_of, horizon_days, economics)
            predictions = asked.predictions()
        warn(asked.remarks(), depth=1)
        scores = score_rows(self.bundle_, predictions, asked.terms, version=self._version)
        return as_kind(scores, kind)

    def evaluate(self) -> Any:
        """The holdout evaluation beside the probability model's: part, metric, label, model, prior.

        The same recipe was trained one horizon earlier and compared with what followed. There are
        no rows where too little was known by then. A frame of the kind that came in.
        """
        check_is_fitted(self)
        return as_kind(fitted_training.holdout(self.config_, self.metrics_), self._kind)

    def backtest(self, origins: int = 3) -> Any:
        """Models at rolling origins, each trained on its past only: a row each, best Gini first.

        The mean over the origins of each metric; ours is `perennial`. A frame of the kind that
        came in. Raises DataError where there are not so many origins.
        """
        with in_arguments():
            board = fitted_training.backtest(self._trained("fit it to backtest it"), origins)
        return as_kind(board, self._kind)

    def explain(
        self,
        customers: str | Iterable[str],
        X: object = None,
        *,
        as_of: object = None,
        horizon_days: int | None = None,
        top: int = 3,
    ) -> Any:
        """Why the predictions of these customers are what they are: their parts, a row each.

        The columns are those of `train.estimator.explained.explained`. A frame of the kind that
        came in. Raises DataError for a customer who is not there.
        """
        check_is_fitted(self)
        with in_arguments():
            asked, kind = self._ask(X, as_of, horizon_days)
            table = asked.features_of(customers)
        found = predictor_of(self.bundle_).explain(
            table, as_of=asked.terms.as_of, horizon_days=asked.terms.horizon_days, top=top
        )
        return as_kind(explained([str(each) for each in table.index], found), kind)

    def plot_deciles(self) -> Picture:
        """Mean actual and predicted revenue of the holdout's customers, by rising prediction.

        Raises DataError where there is no holdout of revenue.
        """
        return self._holdout_picture("deciles")

    def plot_calibration(self) -> Picture:
        """Predicted against observed probability of churn of the holdout's customers.

        Raises DataError where there is no holdout.
        """
        return self._holdout_picture("reliability")

    def plot_value(
        self, customer: str, *, as_of: object = None, horizon_days: int | None = None
    ) -> Picture:
        """One customer's value month by month, and whether it is still a customer.

        Raises DataError for a customer who is not there, or of whom too little is known.
        """
        check_is_fitted(self)
        with in_arguments():
            asked, _ = self._ask(None, as_of, horizon_days)
            features = asked.features_of(customer)
        return customer_picture(asked, customer, features)

    def log_to_mlflow(self, *, register: str | None = "clv", experiment: str | None = None) -> str:
        """Record the training in MLflow as `python -m train` does; the id of the run.

        register    clv: the bundle becomes a version of that model, the address of which is
                    `registered_` then; None: it does not
        experiment  default: that of `tracking`

        Raises ConnectionError when the store fails, ConfigError for another name.
        """
        training = self._trained("fit it to record it")
        with in_arguments():
            run_id, registered = fitted_training.record(training, register, experiment)
        if registered:
            self.registered_ = registered
            self._version = registered.rpartition("/")[2]
        return run_id

    def save(self, folder: str | Path) -> None:
        """Write the model as a bundle, which every command and the service read; no customers.

        An earlier bundle is replaced. Raises DataError for a folder that holds something else, and
        where it cannot be written.
        """
        check_is_fitted(self)
        fitted_training.save(self.bundle_, Path(folder))

    @classmethod
    def load(cls, address: str | Path) -> Self:
        """The model of a bundle's folder, or of models:/name@alias or models:/name/version.

        It holds no customers: predict needs X. Raises BundleError or DataError for what is none.
        """
        bundle, version = fitted_training.load(address, relationship=cls.relationship)
        config = fitted_training.settings_of(bundle)
        return cls(**params_of(config))._adopt(bundle, config, version=version)

    def _fit(self, X: object, columns: Mapping[str, Any], as_of: object) -> Self:
        with in_arguments():
            config = self._configuration(columns, X)
            dataset = read_frame(config, frame_of(X))
        warn((each.sentence for each in dataset.findings), depth=2)
        with in_arguments():
            training = fitted_training.train(config, dataset, as_of_or_end(as_text(as_of), dataset))
        self._training, self._dataset = training, dataset
        return self._adopt(training.trained.bundle, config, kind=kind_of(X))

    def _adopt(
        self, bundle: Bundle, config: AnyConfig, *, version: str = "", kind: Kind = "pandas"
    ) -> Self:
        card = bundle.card
        self.bundle_, self.config_ = bundle, config
        self.as_of_, self.metrics_ = card.trained_as_of, dict(card.metrics)
        dataset: Dataset | None = getattr(self, "_dataset", None)
        self.counts_ = dict(dataset.counts if dataset else card.training.counts)
        self.findings_ = [each.sentence for each in dataset.findings] if dataset else []
        self._kind, self._version = kind, version
        return self

    def _read(self, X: object) -> tuple[Dataset, Kind]:
        """The data that are asked about, and the kind in which the result is returned."""
        if X is None:
            return in_memory(self, "_dataset", "give the customers to predict"), self._kind
        given = read_frame(reading(self.config_, X), frame_of(X))
        warn((each.sentence for each in given.findings), depth=3)
        return given, kind_of(X)

    def _ask(
        self, X: object, as_of: object, horizon_days: object, economics: object = None
    ) -> tuple[Question, Kind]:
        """What is asked, and the kind in which the result is returned."""
        dataset, kind = self._read(X)
        terms = terms_of(
            self.config_, dataset, as_of=as_of, horizon_days=horizon_days, economics=economics
        )
        return Question(self.bundle_, self.config_, dataset, terms), kind

    def _trained(self, what_else: str) -> Training:
        check_is_fitted(self)
        training: Training = in_memory(self, "_training", what_else)
        return training

    def _holdout_picture(self, name: str) -> Picture:
        return Picture(fitted_training.figure(self._trained("fit it to see its holdout"), name))

    def __getstate__(self) -> dict[str, Any]:
        """What a copy has: as in a stored model, no customers are in it, and no training."""
        return without_customers(super().__getstate__())

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "bundle_")

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        given: str = super().__repr__(N_CHAR_MAX=N_CHAR_MAX)
        return "\n".join([given, *as_lines(self.bundle_)]) if hasattr(self, "bundle_") else given

    def _repr_html_(self) -> str:
        return as_html(super().__repr__(), getattr(self, "bundle_", None))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}
